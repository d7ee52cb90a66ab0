using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Slideport.Dicom;
using Slideport.Dicom.Services;
using Slideport.Dsr.Catalogue;
using Slideport.Dsr.Database;
using Slideport.Dsr.Locations;
using Slideport.Files;
using Slideport.ImageStore;
using Slideport.Slides;

namespace Slideport.Dsr.DicomWeb.Storing;

/// <summary>Stores instances that come over the web: a file each in the folder of its series, where the catalogue finds a slide.</summary>
/// <remarks>
/// <code>
/// part ─► hidden part (hash) ─► check ─► flush ─► read back ─► rename, never replacing ─► catalogue, audit trail ─► answer
///                               C000…    A700                    0111: others lie there under this UID
/// </code>
/// Instances stand for themselves (PS3.18 10.5): a slide grows by one whole file at a time, and those that came before a wire is cut stay.
/// </remarks>
internal sealed class InstanceStorage(DsrOptions options, DsrParts parts, WebSlides slides, ILogger<InstanceStorage> log) : IDisposable
{
    /// <summary>Below this folder lies what came over the web, and nothing else.</summary>
    internal const string Folder = "dicomweb";

    private const int PieceBytes = 256 << 10;
    private const int WritebackBytes = 16 << 20;

    // Each has a connection, a buffer and a part that grows.
    private const int MaxRequests = 4;

    private readonly SemaphoreSlim _requests = new(MaxRequests);

    /// <summary>Whether instances are taken at all.</summary>
    internal bool IsOpen => options.Stow.Length > 0;

    /// <summary>Most bytes of one request.</summary>
    internal long MaxBytes => options.StowMaxBytes;

    /// <summary>A turn, to be disposed of; null: too many store at once.</summary>
    internal IDisposable? TryEnter() => _requests.Wait(0) ? new Turn(_requests) : null;

    /// <summary>Makes sure that the image file system is there that is stored to.</summary>
    /// <exception cref="IOException">It is not.</exception>
    internal Task<Place> CheckAsync(CancellationToken cancellationToken) => parts.Locations.CheckAsync(parts.Locations.NameOf(options.Stow)!, cancellationToken);

    /// <summary>Stores what a part holds. Whatever is wrong with it, or with the store, is in what is returned.</summary>
    /// <exception cref="DicomWebException">The body broke off; nothing of the part is left.</exception>
    internal async Task<StoreOutcome> TakeAsync(Place place, string? study, StorePart part, CancellationToken cancellationToken)
    {
        StoredPart? stored = null;
        var (outcome, instance) = (default(StoreOutcome), default(ReceivedInstance));
        try
        {
            stored = parts.Storing.Begin(place.Location);
            var written = await WriteAsync(stored.Delivery, part, cancellationToken);
            instance = Undelivered(part, written) is { } refusal ? ReceivedInstance.Unknown(refusal) : await Task.Run(() => ReceivedInstance.Of(stored.Delivery.PartPath, study), cancellationToken);
            outcome = instance.Refusal is null ? await StoreAsync(place, instance, (stored.Delivery, written), cancellationToken) : new StoreOutcome(instance, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            outcome = Refused(instance, DimseStatus.OutOfResources, $"The image file system does not take it: {e.Message}");
        }
        finally
        {
            if (stored is not null)
                await parts.Storing.EndAsync(stored, outcome?.IsNew == true);
        }

        if (outcome.Instance.Refusal is { } why)
            Log.InstanceRefused(log, outcome.Instance.SopInstanceUid, why.Reason.ToString(), why.Sentence);
        return outcome;
    }

    /// <summary>Has the catalogue look at folders to which something came, and notes who has stored it; returns when both are durable.</summary>
    internal async Task CatalogueAsync(Place place, IEnumerable<string> folders, (string By, string Source) who, CancellationToken cancellationToken)
    {
        foreach (var folder in folders)
        {
            if (await StoredSlides.FindAsync(place, parts.Locations.StoreOf(place.Location), folder, cancellationToken) is not { } found)
                continue;
            await parts.Catalogue.TakeFilesAsync([await parts.Looker.LookAsync(found, cancellationToken)], cancellationToken);
            parts.Viewer.Forget(found.Id);
            await parts.Openings.AddAsync(found.Id, (who.By, who.Source, "store"), cancellationToken);
            Log.Stored(log, found.Id, found.Name, place.Location, who.By);
        }
    }

    public void Dispose() => _requests.Dispose();

    private static StoreOutcome Refused(ReceivedInstance? instance, DimseStatus reason, string sentence) =>
        new(instance?.Refused(reason, sentence) ?? ReceivedInstance.Unknown(new StoreRefusal(reason, sentence)), null);

    private static StoreRefusal? Undelivered(StorePart part, StoredOutput written)
    {
        if (!part.IsDicom)
            return new StoreRefusal(DimseStatus.CannotUnderstand, $"A part is of another type than {StoreBody.Dicom}.");
        return part.Length is { } told && told != written.Bytes.ToString(CultureInfo.InvariantCulture)
            ? new StoreRefusal(DimseStatus.CannotUnderstand, $"A part has {written.Bytes} bytes, and not those its Content-Length tells.")
            : null;
    }

    // Through one buffer from the wire to the part.
    private static async Task<StoredOutput> WriteAsync(ImageDelivery delivery, StorePart part, CancellationToken cancellationToken)
    {
        using var file = DurableFile.CreateNew(delivery.PartPath);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var (at, begun) = (0L, 0L);
            while (await FillAsync(part, piece.AsMemory(0, PieceBytes), cancellationToken) is > 0 and var read)
            {
                hash.AppendData(piece, 0, read);
                await RandomAccess.WriteAsync(file, piece.AsMemory(0, read), at, cancellationToken);
                at += read;
                if (at - begun < WritebackBytes)
                    continue;
                DurableFile.StartWriteback(file, begun, at - begun);
                delivery.SendAhead("");
                begun = at;
            }

            return new StoredOutput(Convert.ToHexStringLower(hash.GetHashAndReset()), at);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static async Task<int> FillAsync(StorePart part, Memory<byte> piece, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < piece.Length && await part.ReadAsync(piece[filled..], cancellationToken) is > 0 and var read)
            filled += read;
        return filled;
    }

    private async Task<StoreOutcome> StoreAsync(Place place, ReceivedInstance instance, (ImageDelivery Delivery, StoredOutput Bytes) written, CancellationToken cancellationToken)
    {
        var folder = $"{Folder}/{instance.StudyUid}/{instance.SeriesUid}";
        if (await slides.Catalogue.FindOtherAsync(instance.SeriesUid, (place.Location, folder), cancellationToken) is { } other)
            return await CompareAsync(other, instance, written.Delivery.PartPath, cancellationToken);
        await written.Delivery.FlushAsync(cancellationToken);
        if (await written.Delivery.ReadBackAsync(cancellationToken) != written.Bytes)
            throw new IOException($"What was written to '{place.Location}' does not read back the same: have the share looked at.");
        var name = $"{folder}/{instance.SopInstanceUid}{StoredSlides.InstanceExtension}";
        // Not cancelled: it has its name or has not, and whoever asks is told which.
        if (await written.Delivery.TryPublishAsync(name, CancellationToken.None))
            return new StoreOutcome(instance, folder) { IsNew = true };
        return await parts.Locations.StoreOf(place.Location).ReadBackAsync(name, cancellationToken) == written.Bytes ? new StoreOutcome(instance, folder) : Duplicate(instance);
    }

    // The series is a slide that lies elsewhere: a converter's, or what somebody has put there. It is no business of ours to add to it, and two slides of one
    // series nobody could tell apart.
    private async Task<StoreOutcome> CompareAsync(CatalogueSlide other, ReceivedInstance instance, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var slide = await slides.OpenAsync(other, cancellationToken);
            if (WebUids.StudyOf(other) == instance.StudyUid && slide.Instances.FirstOrDefault(i => i.Uid == instance.SopInstanceUid) is { } there)
                return await slides.Viewer.ReadingAsync(slide.Lease, () => IsSame(there.Bytes, path, cancellationToken), cancellationToken) ? new StoreOutcome(instance, null) : Duplicate(instance);
        }
        catch (Exception e) when (e is SlideException or DicomException)
        {
            // What cannot be read holds no instance, and is a slide all the same.
        }

        return Refused(instance, DimseStatus.ProcessingFailure, $"Its series is a slide already that lies elsewhere here ({other.Id}), and is not added to.");
    }

    private static StoreOutcome Duplicate(ReceivedInstance instance) => Refused(instance, DimseStatus.DuplicateSopInstance, "Another instance lies here under its SOP Instance UID; it stays as it is.");

    private static bool IsSame(ByteSource there, string path, CancellationToken cancellationToken)
    {
        using var came = ByteSource.Open(path);
        if (came.Length != there.Length)
            return false;
        var (one, two) = (new byte[PieceBytes], new byte[PieceBytes]);
        for (var at = 0L; at < came.Length; at += PieceBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(PieceBytes, came.Length - at);
            if (came.Read(one.AsSpan(0, count), at) != count || there.Read(two.AsSpan(0, count), at) != count || !one.AsSpan(0, count).SequenceEqual(two.AsSpan(0, count)))
                return false;
        }

        return true;
    }

    private sealed class Turn(SemaphoreSlim requests) : IDisposable
    {
        public void Dispose() => requests.Release();
    }
}

/// <summary>What became of an instance.</summary>
/// <param name="Instance">The instance; stored, or there already, where it is not refused.</param>
/// <param name="Folder">The folder it lies in now; null: it was refused, or lies with another slide.</param>
internal sealed record StoreOutcome(ReceivedInstance Instance, string? Folder)
{
    /// <summary>Whether it was not there before.</summary>
    public bool IsNew { get; init; }
}
