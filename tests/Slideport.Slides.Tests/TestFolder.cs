namespace Slideport.Slides.Tests;

/// <summary>A new folder for a test's files, removed with it.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("slideport-slides-").FullName;

    public string this[string name] => Path.Join(_path, name);

    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
