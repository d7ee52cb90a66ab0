using Slideport.Dicom;
using Slideport.Dicom.Part10;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Svs;

namespace Slideport.Slides;

/// <summary>The slides at a path a user gave: an SVS, a DICOM instance, or a folder of instances among whatever else lies there.</summary>
public sealed class SlideSource : IDisposable
{
    private readonly List<WsiInstance> _instances = [];
    private readonly List<Slide> _slides = [];
    private readonly List<string> _problems = [];

    private SlideSource(string path) => Path = path;

    /// <summary>The path.</summary>
    public string Path { get; }

    /// <summary>The slides there, at least one.</summary>
    public IReadOnlyList<Slide> Slides => _slides;

    /// <summary>Files that are DICOM but could not be read, or are no microscopy, one sentence each.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Opens what is at a path.</summary>
    /// <exception cref="SlideException">There is no slide, or it cannot be read; the message says what was found.</exception>
    /// <exception cref="IOException">The path does not exist or cannot be read.</exception>
    public static SlideSource Open(string path)
    {
        var source = new SlideSource(path);
        try
        {
            if (Directory.Exists(path)) source.OpenInstances(Part10File.List(path), WsiInstance.Open, p => p);
            else if (Part10File.IsPart10(path)) source.OpenInstances([path], WsiInstance.Open, p => p);
            else source._slides.Add(Slide.OpenSvs(path));
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Opens what lies elsewhere: one file, or the files of a folder.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="files">The files and their names; closed with the result, or at once where they hold no slide.</param>
    /// <exception cref="SlideException">There is no slide, or it cannot be read; the message says what was found.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static SlideSource Open(string name, IReadOnlyList<(string Name, ByteSource Source)> files)
    {
        var source = new SlideSource(name);
        try
        {
            if (files is [var (only, bytes)] && !Part10File.IsPart10(bytes)) source._slides.Add(Slide.OpenSvs(only, bytes));
            else source.OpenInstances([.. files.Where(f => Part10File.IsPart10(f.Source))], f => WsiInstance.Open(f.Name, f.Source), f => f.Name);
            return source;
        }
        catch
        {
            source.Dispose();
            foreach (var file in files) file.Source.Dispose();
            throw;
        }
    }

    /// <summary>In which format a path's slide is, judged by content; null if there is none.</summary>
    /// <exception cref="IOException">The path does not exist or cannot be read.</exception>
    public static SlideFormat? Detect(string path)
    {
        if (Directory.Exists(path)) return Part10File.List(path).Count > 0 ? SlideFormat.DicomWsi : null;
        if (Part10File.IsPart10(path)) return SlideFormat.DicomWsi;
        return SvsFile.IsSvs(path) ? SlideFormat.Svs : null;
    }

    /// <summary>The one slide there.</summary>
    /// <exception cref="SlideException">There are several.</exception>
    public Slide Single() =>
        _slides.Count == 1
            ? _slides[0]
            : throw new SlideException($"{Path} holds {_slides.Count} slides, and one is wanted: name the files of one");

    /// <inheritdoc/>
    public void Dispose()
    {
        _slides.ForEach(s => s.Dispose());
        _instances.ForEach(i => i.Dispose());
    }

    private void OpenInstances<T>(IReadOnlyList<T> files, Func<T, WsiInstance> open, Func<T, string> name)
    {
        foreach (var file in files)
        {
            try
            {
                var instance = open(file);
                _instances.Add(instance);
                if (!instance.IsWholeSlide) _problems.Add($"{name(file)} is DICOM, but no whole-slide microscopy");
            }
            catch (DicomException e)
            {
                _problems.Add($"{name(file)}: {e.Message}");
            }
        }

        var slides = WsiSlide.Group(_instances.Where(i => i.IsWholeSlide));
        if (slides.Count == 0)
            throw new SlideException(
                _problems is [var first, ..]
                    ? $"There is no slide at {Path}: {first}"
                    : $"There is no slide at {Path}: no SVS, and no DICOM instance in it");
        foreach (var slide in slides) _slides.Add(Slide.Of(slide));
    }
}
