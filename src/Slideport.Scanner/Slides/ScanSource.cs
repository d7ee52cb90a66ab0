using Slideport.Dicom.Part10;
using Slideport.Slides;
using Slideport.Slides.Svs;

namespace Slideport.Scanner.Slides;

/// <summary>What is laid on the virtual stage: an SVS, DICOM instances, or tissue made up on the spot.</summary>
public sealed class ScanSource
{
    private ScanSource(string? path, IReadOnlyList<string> instances) => (Path, Instances) = (path, instances);

    /// <summary>A slide of generated tissue.</summary>
    public static ScanSource Generated { get; } = new(null, []);

    /// <summary>Where the slide lies; null for a generated one.</summary>
    public string? Path { get; }

    /// <summary>The instances of a slide that is DICOM already.</summary>
    internal IReadOnlyList<string> Instances { get; }

    /// <summary>Whether the slide is an SVS.</summary>
    internal bool IsSvs => Path is not null && Instances.Count == 0;

    /// <summary>Name for people: the file's, or <c>generated tissue</c>.</summary>
    public string Name => Path is null ? "generated tissue" : System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path));

    /// <summary>Recognises an SVS, a DICOM file, or a folder of DICOM files by their contents.</summary>
    /// <exception cref="SlideException">It is none of these; the message says what was expected.</exception>
    /// <exception cref="IOException">There is nothing, or it cannot be read.</exception>
    public static ScanSource FromPath(string path)
    {
        if (Directory.Exists(path))
        {
            var instances = Part10File.List(path);
            return instances.Count > 0 ? new ScanSource(path, instances) : throw new SlideException($"{path} holds no DICOM file");
        }

        if (Part10File.IsPart10(path)) return new ScanSource(path, [path]);
        return SvsFile.IsSvs(path) ? new ScanSource(path, []) : throw new SlideException($"{path} is neither an Aperio SVS nor a DICOM file");
    }
}
