using System.Text.Json;
using Slideport.Dsr.Database;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;

namespace Slideport.Dsr.Api;

/// <summary>A slide as it is shown.</summary>
internal sealed record SlideView
{
    public required string Id { get; init; }

    public required string Place { get; init; }

    public required string Name { get; init; }

    public required SlideFileState State { get; init; }

    public string? Problem { get; init; }

    public required bool IsDelivered { get; init; }

    public required long Bytes { get; init; }

    public string? Sha256 { get; init; }

    public DateTimeOffset? ScrubbedAt { get; init; }

    public required DateTimeOffset CataloguedAt { get; init; }

    public string? Format { get; init; }

    public string? Barcode { get; init; }

    public string? Accession { get; init; }

    public string? PatientId { get; init; }

    public string? Stain { get; init; }

    public string? ScannerSerialNumber { get; init; }

    public string? ScannerModel { get; init; }

    public required DateTimeOffset ScanTime { get; init; }

    public string? SeriesInstanceUid { get; init; }

    public string? StudyInstanceUid { get; init; }

    public string? ImageId { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public double? MicronsPerPixel { get; init; }

    public double? ObjectivePower { get; init; }

    public required bool HasThumbnail { get; init; }

    public required bool HasLabel { get; init; }

    public required bool HasMacro { get; init; }

    public string? HoldReason { get; init; }

    public string? HeldBy { get; init; }

    public DateTimeOffset? HeldAt { get; init; }

    public string? RemovalReason { get; init; }

    public string? RemovedBy { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    internal static SlideView Of(CatalogueSlide slide) => new()
    {
        Id = slide.Id,
        Place = slide.Place,
        Name = slide.Name,
        State = slide.State,
        Problem = slide.Problem,
        IsDelivered = slide.IsDelivered,
        Bytes = slide.Bytes,
        Sha256 = slide.Sha256,
        ScrubbedAt = slide.ScrubbedAt == DateTimeOffset.UnixEpoch ? null : slide.ScrubbedAt,
        CataloguedAt = slide.CataloguedAt,
        Format = slide.Format,
        Barcode = slide.Barcode,
        Accession = slide.Accession,
        PatientId = slide.PatientId,
        Stain = slide.Stain,
        ScannerSerialNumber = slide.ScannerSerialNumber,
        ScannerModel = slide.ScannerModel,
        ScanTime = slide.ScanTime,
        SeriesInstanceUid = slide.SeriesInstanceUid,
        StudyInstanceUid = slide.StudyInstanceUid,
        ImageId = slide.ImageId,
        Width = slide.Width,
        Height = slide.Height,
        MicronsPerPixel = slide.MicronsPerPixel,
        ObjectivePower = slide.ObjectivePower,
        HasThumbnail = slide.HasThumbnail,
        HasLabel = slide.HasLabel,
        HasMacro = slide.HasMacro,
        HoldReason = slide.HoldReason,
        HeldBy = slide.HeldBy,
        HeldAt = slide.HeldAt,
        RemovalReason = slide.RemovalReason,
        RemovedBy = slide.RemovedBy,
        RemovedAt = slide.RemovedAt,
    };
}

/// <summary>Some slides; <see cref="Next"/>, given back as <c>after</c>, goes on.</summary>
internal sealed record SlidePageView(IReadOnlyList<SlideView> Slides, string? Next);

/// <summary>A slide on its way.</summary>
internal sealed record ArrivalView(string Converter, string SeriesInstanceUid, string? SerialNumber, string? Barcode, string Stage, string Reason, int Instances, int? Expected, DateTimeOffset ReceivedAt, DateTimeOffset Since)
{
    internal static ArrivalView Of(ArrivingSlide slide, ToldImage? told) => new(
        slide.Converter, slide.SeriesInstanceUid, slide.SerialNumber, told?.Barcode, slide.Stage, slide.Reason, slide.Instances,
        told is null ? null : JsonSerializer.Deserialize<ImageMetadata>(told.Metadata, ProtocolJson.Options)!.Instances.Count, slide.ReceivedAt, slide.Since);
}

/// <summary>An image whose slide is not in the catalogue.</summary>
internal sealed record AwaitedView(string Subject, string? Barcode, string SeriesInstanceUid, DateTimeOffset ScanTime, DateTimeOffset ToldAt);

/// <summary>How things stand.</summary>
/// <param name="Slides">In the catalogue.</param>
/// <param name="Missing">Whose files are not there.</param>
/// <param name="Changed">Whose files are others than they were.</param>
/// <param name="Unreadable">Whose files are no slide that can be read.</param>
/// <param name="Unexpected">That no converter has told of.</param>
/// <param name="Arriving">On their way.</param>
/// <param name="Awaited">Told of by a scanner, and not there.</param>
/// <param name="Removing">Whose removal is under way.</param>
/// <param name="Removed">That were removed; they count nowhere else.</param>
internal sealed record FindingsView(int Slides, int Missing, int Changed, int Unreadable, int Unexpected, int Arriving, int Awaited, int Removing, int Removed);
