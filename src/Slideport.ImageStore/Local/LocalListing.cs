using System.IO.Enumeration;

namespace Slideport.ImageStore.Local;

/// <summary>The files below a folder of this machine. Links are not followed: what they lead to is no part of the store.</summary>
internal static class LocalListing
{
    /// <summary>Files, as the file system gives them; folders are entered one after the other.</summary>
    /// <param name="root">The store's folder.</param>
    /// <param name="folder">A folder below it; empty: all.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="IOException">A folder cannot be read.</exception>
    internal static IEnumerable<StoredEntry> Of(string root, string folder) =>
        new FileSystemEnumerable<StoredEntry>(
            LocalPath.Find(root, folder, isFolder: true) ?? throw new DirectoryNotFoundException($"There is no folder '{folder}' in '{root}'."),
            (ref FileSystemEntry entry) => new StoredEntry(NameOf(root, ref entry), entry.Length, entry.LastWriteTimeUtc),
            new EnumerationOptions
            {
                RecurseSubdirectories = true,
                MaxRecursionDepth = StoredName.MaxDepth - 1,
                IgnoreInaccessible = false, // a slide that cannot be seen must not look like one that is gone
                AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device,
            })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && StoredName.IsShown(entry.FileName),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => StoredName.IsShown(entry.FileName),
        };

    private static string NameOf(string root, ref FileSystemEntry entry) =>
        Path.Join(entry.Directory[root.Length..].TrimStart(Path.DirectorySeparatorChar), entry.FileName).Replace(Path.DirectorySeparatorChar, '/');
}
