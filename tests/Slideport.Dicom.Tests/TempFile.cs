namespace Slideport.Dicom.Tests;

/// <summary>A file of its own in the temporary folder, removed at the end.</summary>
internal sealed class TempFile : IDisposable
{
    public TempFile(ReadOnlySpan<byte> contents = default)
    {
        Path = System.IO.Path.GetTempFileName();
        using var stream = File.Create(Path);
        stream.Write(contents);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
