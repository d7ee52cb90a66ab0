using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slideport.Dicom;
using Slideport.Slides;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Viewing;

/// <summary>A slide that is open for looking at.</summary>
internal sealed class OpenSlide : IDisposable
{
    // A slide has some ten levels, each in some ten parts at most; beyond that a folder is no slide's.
    private const int MaxFiles = 512;

    private readonly SlideSource _source;

    private OpenSlide(SlideSource source, SlideFile file, string version)
    {
        (_source, Version) = (source, version);
        View = new SlideView(source.Single());
        var metadata = View.Slide.Metadata;
        Title = file.Title ?? metadata.Barcode ?? metadata.ContainerIdentifier ?? Path.GetFileNameWithoutExtension(file.Name);
    }

    /// <summary>What people call it.</summary>
    internal string Title { get; }

    /// <summary>What it shows.</summary>
    internal SlideView View { get; }

    /// <summary>Changes with the slide's files: their names, sizes and ages.</summary>
    internal string Version { get; }

    /// <summary>Opens a slide; what lies under a name is a file, or a folder of DICOM files.</summary>
    /// <exception cref="SlideException">There is no one slide, or it is damaged.</exception>
    /// <exception cref="DicomException">The same of a DICOM file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file any more.</exception>
    /// <exception cref="IOException">The store is away.</exception>
    internal static async Task<OpenSlide> OpenAsync(SlideFile slide, CancellationToken cancellationToken)
    {
        List<(string Name, ByteSource Source)> files = [];
        try
        {
            var version = new StringBuilder();
            foreach (var name in await NamesAsync(slide, cancellationToken))
            {
                var file = await slide.Store.OpenAsync(name, cancellationToken);
                files.Add((name, new StoreBytes(file)));
                version.Append(CultureInfo.InvariantCulture, $"{name}\n{file.Length}\n{file.LastWrite.UtcTicks}\n");
            }

            var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version.ToString())))[..16];
            var source = await Task.Run(() => SlideSource.Open(slide.Name, files), cancellationToken);
            try
            {
                return new OpenSlide(source, slide, hash);
            }
            catch
            {
                source.Dispose();
                throw;
            }
        }
        catch
        {
            files.ForEach(f => f.Source.Dispose());
            throw;
        }
    }

    public void Dispose() => _source.Dispose();

    // Most slides are one file: a folder is asked for only where there is none of the name.
    private static async Task<IReadOnlyList<string>> NamesAsync(SlideFile slide, CancellationToken cancellationToken)
    {
        List<string> names = [];
        var seen = 0;
        try
        {
            await foreach (var entry in slide.Store.ListAsync(slide.Name, cancellationToken))
            {
                if (++seen > MaxFiles)
                    throw new SlideException($"'{slide.Name}' holds more than {MaxFiles} files, which are not one slide");
                // Below lies what others keep beside the slide.
                if (entry.Name.AsSpan(slide.Name.Length + 1).Contains('/') || Path.GetFileName(entry.Name).Equals("DICOMDIR", StringComparison.OrdinalIgnoreCase))
                    continue;
                names.Add(entry.Name);
            }
        }
        catch (DirectoryNotFoundException)
        {
            return [slide.Name];
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
