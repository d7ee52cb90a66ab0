using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Receiving;

/// <summary>The storage SCP's hands: admits instances, and keeps track of who is still sending to which slide.</summary>
internal sealed class StoreReceiver : IStoreHandler
{
    private static readonly string BootId = ReadBootId();

    private readonly ConcurrentDictionary<long, ConcurrentDictionary<string, SpooledSlide>> _associations = new();
    private readonly KnownScanners _scanners;
    private readonly TimeProvider _time;
    private long _sequence;

    internal StoreReceiver(SlideSpool spool, KnownScanners scanners, ConverterOptions options, TimeProvider time, ILogger log)
    {
        Spool = spool;
        _scanners = scanners;
        MaxInstanceBytes = options.MaxInstanceBytes;
        Disk = new DiskHealth(spool.Folder.Root, options, log);
        Logger = log;
        _time = time;
    }

    internal SlideSpool Spool { get; }

    internal DiskHealth Disk { get; }

    internal ILogger Logger { get; }

    internal long MaxInstanceBytes { get; }

    /// <summary>Raised after an association with a slide has ended, outside all locks.</summary>
    internal event Action<SpooledSlide>? SenderLeft;

    /// <summary>Raised after an instance came whole and was stored, or found not to need it.</summary>
    internal event Action<Reception>? Received;

    /// <summary>Associations that may store, open now.</summary>
    internal int OpenAssociations => _associations.Count;

    /// <inheritdoc/>
    public ValueTask<IStoreReception> BeginAsync(StoreRequest request, CancellationToken cancellationToken)
    {
        if (!InstanceCheck.CanBeUid(request.SopInstanceUid))
            return RefuseAsync(request, DimseStatus.InvalidSopInstance, "Affected SOP Instance UID is no UID.");
        if (Disk.Refusal() is { } reason)
            return RefuseAsync(request, DimseStatus.OutOfResources, reason);
        var peer = request.Association.Peer;
        var header = ReceivedFileMeta.Build(
            request.SopClassUid, request.SopInstanceUid, request.TransferSyntax.Uid, peer.CallingAETitle, _scanners.IdentitiesOf(peer)[0]);
        // Message ids come round again on a long association; the sequence does not.
        var name = string.Create(CultureInfo.InvariantCulture, $"{request.Association.Id}-{Interlocked.Increment(ref _sequence)}{SpoolFolder.PartExtension}");
        var path = Path.Join(Spool.Folder.In, name);
        try
        {
            return ValueTask.FromResult<IStoreReception>(new InstanceReception(this, request, new PartWriter(path, header)));
        }
        catch (IOException e)
        {
            File.Delete(path);
            Disk.Failed(e);
            Log.PartNotWritten(Logger, path, e.Message);
            return RefuseAsync(request, DimseStatus.OutOfResources, "The instance cannot be written");
        }
    }

    /// <inheritdoc/>
    public ValueTask AssociationOpenedAsync(AssociationInfo association)
    {
        _associations.TryAdd(association.Id, new ConcurrentDictionary<string, SpooledSlide>(StringComparer.Ordinal));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask AssociationClosedAsync(AssociationInfo association, bool released)
    {
        if (!_associations.TryRemove(association.Id, out var slides))
            return;
        foreach (var slide in slides.Values)
        {
            await slide.Gate.WaitAsync();
            try
            {
                slide.LastActivity = _time.GetTimestamp();
                if (slide.Closed(association.Id) && slide.OpenAssociations == 0 && slide.Record is { } record && record.SenderFinished != released)
                {
                    slide.Record = record with { SenderFinished = released };
                    SlideSpool.Save(slide, slide.Record);
                }
            }
            catch (IOException e)
            {
                Disk.Failed(e); // known in memory; after a crash the slide waits for its sender, which is the safe side
            }
            finally
            {
                slide.Gate.Release();
            }

            SenderLeft?.Invoke(slide);
        }
    }

    /// <summary>Notes that an association has to do with a slide: until it ends, the slide's quiet time does not run.</summary>
    internal void Track(AssociationInfo association, SpooledSlide slide)
    {
        if (!_associations.TryGetValue(association.Id, out var slides) || (slides.TryGetValue(slide.Key.Name, out var known) && ReferenceEquals(known, slide)))
            return;
        slides[slide.Key.Name] = slide; // new, or in the place of one that was purged
        slide.Opened(association.Id);
    }

    /// <summary>Offers what is there of an instance to its slide.</summary>
    /// <returns>The slide; null where it does not tell yet whose it is, or the slide has no use for it before it is whole.</returns>
    internal async Task<SpooledSlide?> OfferAsync(StoreRequest request, ArrivingInstance instance)
    {
        try
        {
            var (association, peer) = (request.Association, request.Association.Peer);
            if (InstanceCheck.OfBeginning(instance.Open(), request.SopClassUid, request.SopInstanceUid) is not { Refusal: null } check)
                return null;
            var key = new SlideKey(ScannerOf(peer, check), check.StudyInstanceUid, check.SeriesInstanceUid);
            return await Spool.ExpectAsync(key, instance, slide => Track(association, slide));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.InstanceNotOffered(Logger, request.SopInstanceUid, e.Message); // whether it can be received shows elsewhere
            return null;
        }
    }

    /// <summary>An instance that was offered is stored, or will not come.</summary>
    internal void Ended(ArrivingInstance instance, SpooledSlide slide)
    {
        if (slide.Arrived(instance))
            Spool.Grew(slide);
    }

    internal DateTimeOffset Now => _time.GetUtcNow();

    internal void Tell(Reception reception) => Received?.Invoke(reception);

    internal Receipt Receipt(StoreRequest request, InstanceCheck check, string sha256, long dataSetOffset, long dataSetBytes) => new(
        request.SopInstanceUid,
        request.SopClassUid,
        check.StudyInstanceUid,
        check.SeriesInstanceUid,
        request.TransferSyntax.Uid,
        sha256,
        dataSetOffset,
        dataSetBytes,
        ScannerOf(request.Association.Peer, check),
        request.Association.Peer.ToString(),
        _time.GetUtcNow(),
        BootId,
        Interlocked.Increment(ref _sequence));

    // A slide that began under another of the scanner's identities goes on under it.
    private string ScannerOf(PeerIdentity peer, InstanceCheck check)
    {
        var identities = _scanners.IdentitiesOf(peer);
        return identities.FirstOrDefault(i => Spool.Knows(new SlideKey(i, check.StudyInstanceUid, check.SeriesInstanceUid))) ?? identities[0];
    }

    private ValueTask<IStoreReception> RefuseAsync(StoreRequest request, DimseStatus status, string reason)
    {
        Log.InstanceRefused(Logger, request.Association.Peer.ToString(), request.SopInstanceUid, status.ToString(), reason);
        return ValueTask.FromResult<IStoreReception>(new RefusedReception(new StoreOutcome(status, reason.Length <= 64 ? reason : reason[..64])));
    }

    private static string ReadBootId() =>
        OperatingSystem.IsLinux() ? File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() : Environment.TickCount64.ToString(CultureInfo.InvariantCulture);
}
