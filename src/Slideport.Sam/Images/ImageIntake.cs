using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;
using Slideport.Sam.Database;
using Slideport.Sam.Statistics;

namespace Slideport.Sam.Images;

/// <summary>What became of a metadata message.</summary>
internal enum IntakeOutcome
{
    /// <summary>Stored, and on its way to the DSR.</summary>
    Stored,

    /// <summary>The same message came before.</summary>
    Known,

    /// <summary>Another message under this image id came before; that one counts.</summary>
    Conflict,
}

/// <summary>
/// Takes image metadata (flow F7) into the database, together with the message to the DSR (flow F8): both or neither. Messages that come
/// while a transaction is being made durable share the next one, so that the disk's pace does not limit the scanners'.
/// </summary>
internal sealed class ImageIntake : IAsyncDisposable
{
    private const int MaxBatch = 256;
    private const int MaxWaiting = 4096;

    private readonly SamWriter _writer;
    private readonly Channel<Arrival> _arrivals = Channel.CreateBounded<Arrival>(MaxWaiting);
    private readonly Task _work;

    internal ImageIntake(SamWriter writer)
    {
        _writer = writer;
        _work = Task.Run(WorkAsync);
    }

    /// <summary>Raised after images became durable.</summary>
    internal event Action? Stored;

    private sealed record Arrival(Guid ScannerId, string Serial, ImageMetadata Metadata, string Body, string Hash)
    {
        internal TaskCompletionSource<IntakeOutcome> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Returns when the message is durable, or known not to be needed.</summary>
    internal async Task<IntakeOutcome> TakeAsync(Guid scannerId, string serial, ImageMetadata metadata, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(metadata, ProtocolJson.Options);
        var arrival = new Arrival(scannerId, serial, metadata, System.Text.Encoding.UTF8.GetString(body), Convert.ToHexStringLower(SHA256.HashData(body)));
        await _arrivals.Writer.WriteAsync(arrival, cancellationToken);
        return await arrival.Done.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _arrivals.Writer.TryComplete();
        await _work;
    }

    private async Task WorkAsync()
    {
        var batch = new List<Arrival>(MaxBatch);
        while (await _arrivals.Reader.WaitToReadAsync())
        {
            while (batch.Count < MaxBatch && _arrivals.Reader.TryRead(out var arrival))
                batch.Add(arrival);
            await StoreAsync(batch);
            batch.Clear();
        }
    }

    // When a batch cannot be stored, each of its messages is tried alone: one that no database takes must not stop the others.
    private async Task StoreAsync(IReadOnlyList<Arrival> batch)
    {
        try
        {
            var outcomes = await _writer.WriteAsync(writing => AddAsync(writing, batch), CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
                batch[i].Done.TrySetResult(outcomes[i]);
            if (outcomes.Contains(IntakeOutcome.Stored))
                Stored?.Invoke();
        }
#pragma warning disable CA1031 // Whatever happened is told to those who wait; the loop goes on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (batch.Count == 1)
            {
                batch[0].Done.TrySetException(e);
                return;
            }

            foreach (var arrival in batch)
                await StoreAsync([arrival]);
        }
    }

    private static async Task<IntakeOutcome[]> AddAsync(Writing writing, IReadOnlyList<Arrival> batch)
    {
        var (scanners, images) = (batch.Select(a => a.ScannerId).ToHashSet(), batch.Select(a => a.Metadata.ImageId).ToHashSet());
        var known = await writing.Database.Images.Where(i => scanners.Contains(i.ScannerId) && images.Contains(i.ImageId))
            .ToDictionaryAsync(i => (i.ScannerId, i.ImageId), i => i.Hash);
        var outcomes = new IntakeOutcome[batch.Count];
        for (var i = 0; i < batch.Count; i++)
        {
            var (arrival, metadata) = (batch[i], batch[i].Metadata);
            if (known.TryGetValue((arrival.ScannerId, metadata.ImageId), out var hash))
            {
                outcomes[i] = hash == arrival.Hash ? IntakeOutcome.Known : IntakeOutcome.Conflict;
                continue;
            }

            known.Add((arrival.ScannerId, metadata.ImageId), arrival.Hash);
            writing.Database.Images.Add(new Image
            {
                ScannerId = arrival.ScannerId,
                ImageId = metadata.ImageId,
                SeriesInstanceUid = metadata.SeriesInstanceUid,
                Barcode = metadata.Barcode,
                ScanTime = metadata.ScanTime,
                ReceivedAt = writing.Now,
                Bytes = metadata.Instances.Sum(instance => instance.Bytes),
                Metadata = arrival.Body,
                Hash = arrival.Hash,
            });
            writing.Database.Outbox.Add(new OutboxMessage
            {
                Subject = $"{arrival.Serial}/{metadata.ImageId}",
                IdempotencyKey = Guid.CreateVersion7(writing.Now),
                Body = arrival.Body,
                CreatedAt = writing.Now,
                NotBefore = writing.Now,
            });
        }

        await ScannerHours.AddAsync(
            writing,
            batch.Where((_, i) => outcomes[i] == IntakeOutcome.Stored).Select(a => (a.ScannerId, new HourGain
            {
                Images = 1,
                Bytes = a.Metadata.Instances.Sum(instance => instance.Bytes),
                ScanSeconds = a.Metadata.ScanSeconds,
                LongestScanSeconds = a.Metadata.ScanSeconds,
            })),
            CancellationToken.None);
        return outcomes;
    }
}
