using Slideport.Database;

namespace Slideport.Sam.Database;

/// <summary>Opens SAM's database for one piece of work at a time.</summary>
internal sealed class SamDatabases(DatabaseOptions options)
    : Databases<SamDatabase>(options, Sqlite<SqliteSamDatabase>(o => new(o)), PostgreSql<PostgreSqlSamDatabase>(o => new(o)), SqlServer<SqlServerSamDatabase>(o => new(o)));
