using System.Data.Common;
using Slideport.Database;
using Slideport.Sam.Database;

namespace Slideport.Sam.Audit;

/// <summary>What is done with the audit trail from the command line, straight on the database; nothing is changed.</summary>
public static class AuditMaintenance
{
    /// <summary>Checks the whole trail and compares it with the signed heads.</summary>
    /// <param name="options">The database.</param>
    /// <param name="identityFolder">Where the heads and their key lie.</param>
    /// <param name="cancellationToken">Ends the check.</param>
    /// <exception cref="IOException">The database cannot be read.</exception>
    public static Task<TrailVerdict> VerifyAsync(DatabaseOptions options, string identityFolder, CancellationToken cancellationToken) =>
        InAsync(options, databases => TrailVerification.RunAsync(databases, identityFolder, cancellationToken));

    /// <summary>Writes entries out in the order they were entered.</summary>
    /// <exception cref="IOException">The database cannot be read, or the target not written.</exception>
    public static Task ExportAsync(DatabaseOptions options, AuditFilter filter, AuditFormat format, Stream target, CancellationToken cancellationToken) => InAsync(options, async databases =>
    {
        await AuditExport.WriteAsync(AuditTrail.ReadAsync(databases, filter, 0, cancellationToken), format, target, cancellationToken);
        return true;
    });

    private static async Task<T> InAsync<T>(DatabaseOptions options, Func<SamDatabases, Task<T>> work)
    {
        if (options.ConnectionString.Length == 0)
            throw new IOException("Database:ConnectionString is empty; say where the database is.");
        if (options.Provider == DatabaseProvider.Sqlite && !File.Exists(SqliteFiles.Of(options)))
            throw new IOException($"There is no database '{SqliteFiles.Of(options)}'.");
        try
        {
            return await work(new SamDatabases(options));
        }
        catch (DbException e)
        {
            throw new IOException($"The database cannot be used: {e.Message}", e);
        }
    }
}
