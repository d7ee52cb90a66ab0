namespace Slideport.Database;

/// <summary>Which database a role uses.</summary>
public enum DatabaseProvider
{
    /// <summary>One file, embedded: WAL, synchronous FULL.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server.</summary>
    PostgreSql,

    /// <summary>A Microsoft SQL Server.</summary>
    SqlServer,
}

/// <summary>Where a role's database is.</summary>
public sealed record DatabaseOptions
{
    /// <summary>Which kind.</summary>
    public DatabaseProvider Provider { get; init; } = DatabaseProvider.Sqlite;

    /// <summary>How it is reached. A password belongs in <see cref="PasswordFile"/>.</summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>File that holds the password, readable by its owner only; empty: none is needed.</summary>
    public string PasswordFile { get; init; } = "";

    /// <summary>SQL Server: the compatibility level of its database; 0: the driver's own.</summary>
    public int SqlServerCompatibilityLevel { get; init; }

    /// <summary>SQL Server: most rows sent in one statement; 0: the driver's own.</summary>
    public int SqlServerMaxBatchSize { get; init; }
}
