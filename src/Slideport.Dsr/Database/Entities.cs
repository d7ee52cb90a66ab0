namespace Slideport.Dsr.Database;

/// <summary>How a slide's files stand to what is known of them.</summary>
internal enum SlideFileState
{
    /// <summary>Its files are where they should be, and are a slide.</summary>
    Present,

    /// <summary>It was delivered or catalogued, and its files are not there.</summary>
    Missing,

    /// <summary>Its files are others than those that were delivered or catalogued.</summary>
    Changed,

    /// <summary>Its files cannot be read as a slide.</summary>
    Unreadable,

    /// <summary>Somebody has asked for its removal, which is under way.</summary>
    Removing,

    /// <summary>It was removed, when its retention was over: what was known of it is kept.</summary>
    Removed,
}

/// <summary>How far the removal of a slide has come; what is written here counts, whatever ends in between.</summary>
internal enum RemovalStep
{
    /// <summary>Asked for; its files may be out of sight, and were not compared.</summary>
    Asked,

    /// <summary>What is out of sight are its files: they are deleted.</summary>
    Proven,

    /// <summary>What is out of sight are other files than its own: they get their name back.</summary>
    Refused,

    /// <summary>Its files are gone.</summary>
    Done,
}

/// <summary>A slide of the catalogue: what its files tell, what the converter told of their delivery, and what the scanner told of the image.</summary>
internal sealed class CatalogueSlide
{
    /// <summary>32 hexadecimal digits; see <see cref="Catalogue.SlideId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>The image file system it lies on.</summary>
    public required string Place { get; set; }

    /// <summary>Its file's name there, or its folder's.</summary>
    public required string Name { get; init; }

    public SlideFileState State { get; set; }

    /// <summary>What is wrong with it, as a sentence; null: nothing.</summary>
    public string? Problem { get; set; }

    /// <summary>Whether a converter told of its delivery: what nobody has told of was put there by somebody else.</summary>
    public bool IsDelivered { get; set; }

    /// <summary>Bytes of its file, or of all its files together.</summary>
    public long Bytes { get; set; }

    /// <summary>When the file, or the youngest of them, was last written.</summary>
    public DateTimeOffset LastWrite { get; set; }

    /// <summary>SHA-256 as it was delivered, or as the first look at it found; null: not known yet.</summary>
    public string? Sha256 { get; set; }

    /// <summary>When all of it was last read; 1970 while it never was.</summary>
    public DateTimeOffset ScrubbedAt { get; set; } = DateTimeOffset.UnixEpoch;

    /// <summary>When it was last tried to read all of it: what cannot be read holds up no other.</summary>
    public DateTimeOffset ScrubTriedAt { get; set; } = DateTimeOffset.UnixEpoch;

    /// <summary>Counts changes of the row: of two DSRs that change it at once, one begins again.</summary>
    public int Changes { get; set; }

    public DateTimeOffset CataloguedAt { get; set; }

    /// <summary><c>Svs</c> or <c>DicomWsi</c>; null while no file of it was read.</summary>
    public string? Format { get; set; }

    public string? Barcode { get; set; }

    public string? Accession { get; set; }

    public string? PatientId { get; set; }

    public string? Stain { get; set; }

    public string? ScannerSerialNumber { get; set; }

    public string? ScannerModel { get; set; }

    /// <summary>When it was scanned; what does not tell counts as scanned when it was written.</summary>
    public DateTimeOffset ScanTime { get; set; }

    public string? SeriesInstanceUid { get; set; }

    public string? StudyInstanceUid { get; set; }

    public string? ImageId { get; set; }

    public int Width { get; set; }

    public int Height { get; set; }

    public double? MicronsPerPixel { get; set; }

    public double? ObjectivePower { get; set; }

    public bool HasThumbnail { get; set; }

    public bool HasLabel { get; set; }

    public bool HasMacro { get; set; }

    /// <summary>Why nobody may remove it; null: somebody may.</summary>
    public string? HoldReason { get; set; }

    public string? HeldBy { get; set; }

    public DateTimeOffset? HeldAt { get; set; }

    /// <summary>How far its removal has come; null: nobody has asked for it.</summary>
    public RemovalStep? Removal { get; set; }

    /// <summary>Why it is, or was, removed.</summary>
    public string? RemovalReason { get; set; }

    public string? RemovedBy { get; set; }

    /// <summary>When its removal was asked for.</summary>
    public DateTimeOffset? RemovedAt { get; set; }

    /// <summary>Keys by which it is found: barcode, accession and patient in capital letters.</summary>
    public string BarcodeKey { get; set; } = "";

    public string AccessionKey { get; set; } = "";

    public string PatientKey { get; set; } = "";

    public string StainKey { get; set; } = "";

    /// <summary>Lets it be what it is without its removal.</summary>
    internal void Return(SlideFileState state, string? problem)
    {
        (State, Problem) = (state, problem);
        (Removal, RemovalReason, RemovedBy, RemovedAt) = (null, null, null, null);
    }
}

/// <summary>A slide that is on its way, as its converter tells it.</summary>
internal sealed class ArrivingSlide
{
    public required string Converter { get; init; }

    public required string Name { get; init; }

    public required string SeriesInstanceUid { get; set; }

    public string? SerialNumber { get; set; }

    public required string Stage { get; set; }

    public required string Reason { get; set; }

    public int Instances { get; set; }

    public DateTimeOffset ReceivedAt { get; set; }

    public DateTimeOffset Since { get; set; }
}

/// <summary>What a scanner has told of an image, as SAM passed it on (flow F8).</summary>
internal sealed class ToldImage
{
    /// <summary>The scanner's serial number, a slash, and its id of the image.</summary>
    public required string Subject { get; init; }

    /// <summary>The key under which SAM sent it.</summary>
    public required Guid IdempotencyKey { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public required string? Barcode { get; init; }

    public required DateTimeOffset ScanTime { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The message as JSON.</summary>
    public required string Metadata { get; init; }

    /// <summary>The slide that is this image; null while its files are not in the catalogue.</summary>
    public string? SlideId { get; set; }
}

/// <summary>Slides that somebody has put together.</summary>
internal sealed class Collection
{
    public Guid Id { get; init; }

    public required string Name { get; set; }

    public required string Owner { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>A slide in a collection.</summary>
internal sealed class CollectedSlide
{
    public required Guid CollectionId { get; init; }

    public required string SlideId { get; init; }

    public required DateTimeOffset AddedAt { get; init; }
}

/// <summary>An opening of a slide that SAM has not taken into its audit trail yet.</summary>
internal sealed class UntoldOpening
{
    public long Number { get; init; }

    public required string OpeningId { get; init; }

    public required string SeriesInstanceUid { get; init; }

    public required string OpenedBy { get; init; }

    public required string Source { get; init; }

    public required DateTimeOffset OpenedAt { get; init; }

    public required string Purpose { get; init; }

    public string? Detail { get; init; }
}

/// <summary>How far something was followed, and what each image file system was when it was first used.</summary>
internal sealed class Mark
{
    public required string Name { get; init; }

    public required string Value { get; set; }
}
