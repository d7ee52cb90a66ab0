using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Slideport.Database;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;
using Slideport.Sam.Database;
using Slideport.Sam.Monitoring;
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

/// <summary>Takes image metadata (flow F7) into the database, together with the message to the DSR (flow F8): both or neither.</summary>
internal sealed class ImageIntake : IAsyncDisposable
{
    private const int MaxGroup = 256;

    private readonly GroupedWrites<Arrival, IntakeOutcome> _writes;

    internal ImageIntake(SamWriter writer, SamMetrics metrics) => _writes = new GroupedWrites<Arrival, IntakeOutcome>(MaxGroup, batch => writer.WriteAsync(writing => AddAsync(writing, batch), CancellationToken.None), outcomes =>
    {
        foreach (var outcome in outcomes)
            metrics.Took(outcome);
        if (outcomes.Contains(IntakeOutcome.Stored))
            Stored?.Invoke();
    });

    /// <summary>Raised after images became durable.</summary>
    internal event Action? Stored;

    private sealed record Arrival(Guid ScannerId, string Serial, ImageMetadata Metadata, string Body, string Hash);

    /// <summary>Returns when the message is durable, or known not to be needed.</summary>
    internal Task<IntakeOutcome> TakeAsync(Guid scannerId, string serial, ImageMetadata metadata, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(metadata, ProtocolJson.Options);
        return _writes.WriteAsync(
            new Arrival(scannerId, serial, metadata, System.Text.Encoding.UTF8.GetString(body), Convert.ToHexStringLower(SHA256.HashData(body))), cancellationToken);
    }

    public ValueTask DisposeAsync() => _writes.DisposeAsync();

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
