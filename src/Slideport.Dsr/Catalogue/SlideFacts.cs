using Slideport.Dsr.Database;

namespace Slideport.Dsr.Catalogue;

/// <summary>What was found under a name on an image file system.</summary>
/// <param name="Place">The image file system.</param>
/// <param name="Name">The name.</param>
/// <param name="Bytes">Bytes of its file, or of all its files.</param>
/// <param name="LastWrite">When the youngest of them was written; as exactly as the database keeps it.</param>
internal sealed record FoundFile(Place Place, string Name, long Bytes, DateTimeOffset LastWrite)
{
    /// <summary>The age of what has to be looked at again, whatever its age.</summary>
    internal static readonly DateTimeOffset Unsettled = DateTimeOffset.UnixEpoch;

    public DateTimeOffset LastWrite { get; init; } = Kept(LastWrite);

    /// <summary>An instant as the database keeps it.</summary>
    internal static DateTimeOffset Kept(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>What it is called in addresses.</summary>
    internal string Id => SlideId.Of(Place.StoreId, Name);
}

/// <summary>What a slide's files tell of it.</summary>
internal sealed record SlideFacts
{
    /// <summary>Why they are no slide, as a sentence; null: they are one.</summary>
    public string? Problem { get; init; }

    public string? Format { get; init; }

    public string? Barcode { get; init; }

    public string? Accession { get; init; }

    public string? PatientId { get; init; }

    public string? Stain { get; init; }

    public string? ScannerSerialNumber { get; init; }

    public string? ScannerModel { get; init; }

    public DateTimeOffset? ScanTime { get; init; }

    public string? SeriesInstanceUid { get; init; }

    public string? StudyInstanceUid { get; init; }

    public int Width { get; init; }

    public int Height { get; init; }

    public double? MicronsPerPixel { get; init; }

    public double? ObjectivePower { get; init; }

    public bool HasThumbnail { get; init; }

    public bool HasLabel { get; init; }

    public bool HasMacro { get; init; }

    /// <summary>Brings them into the catalogue's row.</summary>
    internal void Apply(CatalogueSlide slide)
    {
        if (Problem is not null)
            return;
        (slide.Format, slide.Width, slide.Height) = (Format, Width, Height);
        (slide.Barcode, slide.Accession, slide.PatientId, slide.Stain) = (Barcode, Accession, PatientId, Stain);
        (slide.ScannerSerialNumber, slide.ScannerModel) = (ScannerSerialNumber ?? slide.ScannerSerialNumber, ScannerModel);
        (slide.SeriesInstanceUid, slide.StudyInstanceUid) = (SeriesInstanceUid ?? slide.SeriesInstanceUid, StudyInstanceUid ?? slide.StudyInstanceUid);
        (slide.MicronsPerPixel, slide.ObjectivePower) = (MicronsPerPixel, ObjectivePower);
        (slide.HasThumbnail, slide.HasLabel, slide.HasMacro) = (HasThumbnail, HasLabel, HasMacro);
        slide.ScanTime = ScanTime ?? slide.LastWrite;
    }
}

/// <summary>An image file system in the catalogue.</summary>
/// <param name="Location">Where it is.</param>
/// <param name="StoreId">Its own id.</param>
internal sealed record Place(string Location, Guid StoreId);
