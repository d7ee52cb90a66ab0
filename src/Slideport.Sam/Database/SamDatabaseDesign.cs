using Microsoft.EntityFrameworkCore.Design;
using Slideport.Database;

namespace Slideport.Sam.Database;

/// <summary>How <c>dotnet ef migrations add</c> makes a context; no server is reached.</summary>
internal sealed class SamDatabaseDesign
    : IDesignTimeDbContextFactory<SqliteSamDatabase>, IDesignTimeDbContextFactory<PostgreSqlSamDatabase>, IDesignTimeDbContextFactory<SqlServerSamDatabase>
{
    SqliteSamDatabase IDesignTimeDbContextFactory<SqliteSamDatabase>.CreateDbContext(string[] args) => (SqliteSamDatabase)Create(DatabaseProvider.Sqlite);

    PostgreSqlSamDatabase IDesignTimeDbContextFactory<PostgreSqlSamDatabase>.CreateDbContext(string[] args) => (PostgreSqlSamDatabase)Create(DatabaseProvider.PostgreSql);

    SqlServerSamDatabase IDesignTimeDbContextFactory<SqlServerSamDatabase>.CreateDbContext(string[] args) => (SqlServerSamDatabase)Create(DatabaseProvider.SqlServer);

    private static SamDatabase Create(DatabaseProvider provider) => new SamDatabases(new DatabaseOptions { Provider = provider }).CreateDbContext();
}
