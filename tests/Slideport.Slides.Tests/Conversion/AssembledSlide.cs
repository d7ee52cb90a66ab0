using Slideport.Slides.Conversion;
using Slideport.Slides.DicomWsi;
using Slideport.Slides.Svs;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Slides.Tests.Conversion;

/// <summary>
/// Instances made for a test, assembled to an SVS in the order they are given, and what came of it. A small JPEG thumbnail is added unless
/// one is there, so that no test needs libvips for it.
/// </summary>
internal sealed class AssembledSlide : IDisposable
{
    private readonly List<WsiInstance> _instances = [];

    public AssembledSlide(
        TestFolder folder,
        IEnumerable<TestInstance> made,
        SvsOptions? options = null,
        Action<SvsAssembly, List<WsiInstance>>? append = null)
    {
        var all = made.ToList();
        if (!all.Exists(m => m.Set.GetStrings(Slideport.Dicom.Dictionary.Tags.ImageType) is [_, _, "THUMBNAIL", ..]))
            all.Add(new TestInstance(8, 8, 8, "THUMBNAIL"));
        Path = folder[$"{Guid.NewGuid():N}.svs"];
        _instances.AddRange(all.Select(m => m.Open(folder)));
        Dicom = WsiSlide.Group(_instances)[0];
        using (var assembly = SvsAssembly.Create(Path, options))
        {
            if (append is not null) append(assembly, _instances);
            else _instances.ForEach(i => assembly.Append(i));
            Result = assembly.Finish(Dicom);
        }

        if (Result.IsConverted) Svs = SvsFile.Open(Path);
    }

    public string Path { get; }

    public DicomSlide Dicom { get; }

    public ConversionResult Result { get; }

    public SvsFile? Svs { get; }

    public Refusal Refusal => Result.Refusal ?? throw new InvalidOperationException("It was converted.");

    public SvsReport Report => Result.Report ?? throw new InvalidOperationException(Result.Refusal!.Reason);

    /// <summary>A tile as the SVS has it.</summary>
    public byte[] Tile(int tile, int level = 0)
    {
        _ = Report;
        var range = Svs!.Levels[level].Tiles[tile];
        return Svs.Read(range, new byte[range.Length]).ToArray();
    }

    public byte[][] Tiles(int level = 0)
    {
        _ = Report;
        return [.. Enumerable.Range(0, Svs!.Levels[level].TileCount).Select(t => Tile(t, level))];
    }

    public FidelityReport Verify()
    {
        _ = Report;
        using var output = Slide.OpenSvs(Path);
        return Fidelity.Compare(Slide.Of(Dicom), output);
    }

    public void Dispose()
    {
        Svs?.Dispose();
        _instances.ForEach(i => i.Dispose());
    }
}
