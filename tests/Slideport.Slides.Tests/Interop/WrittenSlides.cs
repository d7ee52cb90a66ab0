using System.Collections.Concurrent;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.Interop;

[assembly: AssemblyFixture(typeof(WrittenSlides))]

namespace Slideport.Slides.Tests.Interop;

/// <summary>Each fixture written once for all the programs that read it, and removed at the end.</summary>
public sealed class WrittenSlides : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly ConcurrentDictionary<string, Lazy<(string Path, RgbPicture[] Levels)>> _slides = new();

    /// <summary>Path of the slide and the pixels of its levels; neither may be changed.</summary>
    internal (string Path, RgbPicture[] Levels) Get(SvsFixture fixture)
    {
        Tools.RequireVips();
        return _slides.GetOrAdd(fixture.Name, _ => new(() =>
        {
            var path = _folder[$"{Guid.NewGuid():N}.svs"];
            return (path, fixture.Write(path));
        })).Value;
    }

    public void Dispose() => _folder.Dispose();
}
