using Slideport.Database;
using Slideport.Files;

namespace Slideport.Sam.Monitoring;

/// <summary>A folder of SAM's own that grows.</summary>
/// <param name="Name">What lies there.</param>
/// <param name="Folder">Where.</param>
internal sealed record OwnDisk(string Name, string Folder);

/// <summary>The disks under SAM itself: of the database where it is embedded, and of the identity, where the heads of the audit trail are added.</summary>
internal sealed class OwnDisks(DatabaseOptions database, string identityFolder)
{
    // As usually both lie in one folder, they are one disk.
    private readonly IReadOnlyList<OwnDisk> _disks = FolderOf(database) is not { } folder ? [new("identity", identityFolder)]
        : IsWithin(identityFolder, folder) ? [new("database", folder)]
        : [new("database", folder), new("identity", identityFolder)];

    /// <summary>How the room on a disk is asked for; tests have answers of their own.</summary>
    internal Func<string, DiskSpace> Space { get; init; } = DurableFile.Space;

    /// <summary>The room there is on each now.</summary>
    internal IEnumerable<(OwnDisk Disk, DiskSpace Space)> Spaces() => _disks.Select(d => (d, Space(d.Folder)));

    private static string? FolderOf(DatabaseOptions database) => database.Provider == DatabaseProvider.Sqlite
        ? Path.GetDirectoryName(Path.GetFullPath(SqliteFiles.Of(database)))
        : null;

    private static bool IsWithin(string inner, string outer) => Path.GetRelativePath(outer, Path.GetFullPath(inner)) is var way && way != ".." && !way.StartsWith($"..{Path.DirectorySeparatorChar}", StringComparison.Ordinal) && !Path.IsPathRooted(way);
}
