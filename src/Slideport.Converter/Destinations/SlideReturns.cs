using Microsoft.Extensions.Logging;
using Slideport.Converter.Converting;
using Slideport.Converter.Delivery;
using Slideport.Converter.Spool;
using Slideport.Files;
using Slideport.ImageStore;
using Slideport.Protocol;

namespace Slideport.Converter.Destinations;

/// <summary>
/// Takes slides back into the spool that destinations were let go of, when a person asks for it (<c>requests/SLIDE.DESTINATION.resend</c>): from the
/// folder of instances they were delivered as, each held against its SHA-256. What was delivered as something else holds no instances.
/// </summary>
internal sealed class SlideReturns : IAsyncDisposable
{
    private const int BufferBytes = 1 << 20;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly SlideSpool _spool;
    private readonly ImageStores _stores;
    private readonly ConverterOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Dictionary<string, DateTimeOffset> _notBefore = new(StringComparer.Ordinal);
    private BackgroundLoop? _loop;

    internal SlideReturns(SlideSpool spool, ImageStores stores, ConverterOptions options, (TimeProvider Time, ILogger Log) surroundings)
    {
        (_spool, _stores, _options) = (spool, stores, options);
        (_time, _log) = surroundings;
    }

    internal void Start() => _loop = new BackgroundLoop("Slides taken back", Tick, TakeUpAsync, _time, _log);

    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
            await _loop.DisposeAsync();
    }

    private async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        foreach (var path in Directory.GetFiles(_spool.Folder.Requests, "*" + SpoolRequests.ResendExtension))
        {
            if (_notBefore.TryGetValue(path, out var notBefore) && notBefore > _time.GetUtcNow())
                continue;
            _notBefore.Remove(path);
            if (Path.GetFileNameWithoutExtension(path).Split('.') is not [var name, var destination])
            {
                Log.RequestForNothing(_log, path);
                DurableFile.Delete(path);
                continue;
            }

            try
            {
                if (!SpoolName.IsOne(name))
                    Log.RequestForNothing(_log, path);
                else if (await TakeBackAsync(name, destination, SpoolRequests.WhoAsked(path), cancellationToken) is { } refusal)
                    Log.NotTakenBack(_log, name, destination, refusal);
                DurableFile.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _notBefore[path] = _time.GetUtcNow() + Pause;
                Log.NotTakenBackNow(_log, name, destination, e.Message);
            }
        }
    }

    /// <summary>Takes a slide back for a destination.</summary>
    /// <returns>Why it cannot be done ever; null: it is done.</returns>
    /// <exception cref="IOException">It cannot be done now.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    internal async Task<string?> TakeBackAsync(string name, string destination, string who, CancellationToken cancellationToken)
    {
        SlideRecord Again(SlideRecord r) => r.With(destination, d => SlideDestination.New(d.Name, _time.GetUtcNow(), $"{who} asked for it to go there after all."));
        if (_spool.Find(name) is { Record: not null } present)
        {
            // It was let go of and is not purged yet.
            var isAsked = false;
            await SlideSpool.ChangeAsync(present, r => (isAsked = r.State == SlideState.Verified && IsLetGo(r, destination)) ? Again(r) : r);
            if (isAsked)
                Log.DestinationAskedAgain(_log, present.Key.SeriesInstanceUid, destination, who, 0);
            return isAsked ? null : $"It was not let go of {destination}.";
        }

        if (_spool.FindPurged(name) is not { State: SlideState.Purged } record)
            return "There is no such slide.";
        if (!IsLetGo(record, destination))
            return $"It was not let go of {destination}.";
        if (record.Manifest is not { IsAsReceived: true } manifest)
            return $"'{record.Manifest?.Path}' does not hold its instances as they came.";
        if (DestinationReserve.Missing(DurableFile.Space(_spool.Folder.Root), _options) + manifest.Instances.Sum(i => i.DataSetBytes) > 0)
            throw new IOException("The spool has no room for it.");

        var parts = new List<(string Part, Receipt Receipt)>();
        try
        {
            var store = await _stores.OpenAsync(manifest.Location, cancellationToken);
            foreach (var instance in manifest.Instances)
            {
                var part = Path.Join(_spool.Folder.In, $"return-{SpoolName.Of(instance.SopInstanceUid)}{SpoolFolder.PartExtension}");
                if (await FetchAsync(store, $"{manifest.Path}/{SlideAssembly.NameInFolder(instance.SopInstanceUid)}", part, cancellationToken) is not { } receipt || receipt.Sha256 != instance.Sha256)
                {
                    File.Delete(part);
                    return $"Instance {instance.SopInstanceUid} in '{manifest.Path}' is gone, or is not what was delivered.";
                }

                parts.Add((part, receipt));
            }

            var receipts = parts.Select(p => (p.Part, p.Receipt with { Scanner = record.Scanner, Peer = $"(from '{manifest.Path}')", ReceivedAt = record.History[0].At })).ToArray();
            if (!await _spool.TakeBackAsync(record.Step(SlideState.Verified, _time.GetUtcNow(), $"Taken back from '{manifest.Path}' for destination {destination}.") with { Lost = [] }, receipts, cancellationToken))
                return "Instances of it have come since; it goes to its destinations with them.";
            await SlideSpool.ChangeAsync(_spool.Slide(record.Key), Again);
            Log.DestinationAskedAgain(_log, record.SeriesInstanceUid, destination, who, parts.Count);
            return null;
        }
        finally
        {
            foreach (var (part, _) in parts)
                File.Delete(part);
        }
    }

    internal static bool IsLetGo(SlideRecord record, string destination) => record.Destinations.Any(d => d.IsNamed(destination) && d.State == DestinationState.LetGo);

    // Null: it is gone, or none of ours.
    private static async Task<Receipt?> FetchAsync(IImageStore store, string name, string part, CancellationToken cancellationToken)
    {
        File.Delete(part); // left by an attempt that failed
        try
        {
            using (var source = await store.OpenAsync(name, cancellationToken))
            using (var target = DurableFile.CreateNew(part))
            {
                var buffer = new byte[BufferBytes];
                int read;
                for (long at = 0; (read = source.Read(buffer, at)) > 0; at += read)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    RandomAccess.Write(target, buffer.AsSpan(0, read), at);
                }

                DurableFile.Flush(target);
            }

            return SpoolRecovery.Rebuild(part, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }
}
