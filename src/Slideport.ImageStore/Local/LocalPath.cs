namespace Slideport.ImageStore.Local;

/// <summary>What lies under a name of a local store.</summary>
internal static class LocalPath
{
    /// <summary>The path, if it leads there without a link: what a link leads to may lie anywhere on this machine.</summary>
    /// <param name="root">The store's folder.</param>
    /// <param name="name">A name that <see cref="StoredName"/> lets pass; empty: the store's folder itself.</param>
    /// <param name="isFolder">Whether a folder is wanted, or a file.</param>
    /// <returns>Null when there is no such thing.</returns>
    internal static string? Find(string root, string name, bool isFolder)
    {
        var path = root;
        foreach (var component in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            path = Path.Join(path, component);
            if (!Path.Exists(path) || File.GetAttributes(path).HasFlag(FileAttributes.ReparsePoint))
                return null;
        }

        return isFolder ? (Directory.Exists(path) ? path : null) : (File.Exists(path) && !File.GetAttributes(path).HasFlag(FileAttributes.Device) ? path : null);
    }
}
