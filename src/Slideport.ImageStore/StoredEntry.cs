namespace Slideport.ImageStore;

/// <summary>A file in the image file system, ours or somebody else's.</summary>
/// <param name="Name">Its name below the store's folder, components parted by <c>/</c>: what <see cref="IImageStore.OpenAsync"/> takes.</param>
/// <param name="Bytes">How large it is.</param>
/// <param name="LastWrite">When it was last written to, by the store's clock.</param>
public readonly record struct StoredEntry(string Name, long Bytes, DateTimeOffset LastWrite);
