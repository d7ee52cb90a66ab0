namespace Slideport.ImageStore;

/// <summary>What was read back from the store.</summary>
/// <param name="Sha256">SHA-256 of the file; of a folder, SHA-256 over the hexadecimal hashes of its files, ordered by name.</param>
/// <param name="Bytes">Bytes of the file or files.</param>
public readonly record struct StoredOutput(string Sha256, long Bytes);
