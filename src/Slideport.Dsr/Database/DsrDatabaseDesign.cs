using Microsoft.EntityFrameworkCore.Design;
using Slideport.Database;

namespace Slideport.Dsr.Database;

/// <summary>How <c>dotnet ef migrations add</c> makes a context; no server is reached.</summary>
internal sealed class DsrDatabaseDesign
    : IDesignTimeDbContextFactory<SqliteDsrDatabase>, IDesignTimeDbContextFactory<PostgreSqlDsrDatabase>, IDesignTimeDbContextFactory<SqlServerDsrDatabase>
{
    SqliteDsrDatabase IDesignTimeDbContextFactory<SqliteDsrDatabase>.CreateDbContext(string[] args) => (SqliteDsrDatabase)Create(DatabaseProvider.Sqlite);

    PostgreSqlDsrDatabase IDesignTimeDbContextFactory<PostgreSqlDsrDatabase>.CreateDbContext(string[] args) => (PostgreSqlDsrDatabase)Create(DatabaseProvider.PostgreSql);

    SqlServerDsrDatabase IDesignTimeDbContextFactory<SqlServerDsrDatabase>.CreateDbContext(string[] args) => (SqlServerDsrDatabase)Create(DatabaseProvider.SqlServer);

    private static DsrDatabase Create(DatabaseProvider provider) => new DsrDatabases(new DatabaseOptions { Provider = provider }).CreateDbContext();
}
