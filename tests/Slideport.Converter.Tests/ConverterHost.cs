using Microsoft.Extensions.Time.Testing;
using Slideport.Converter.Monitoring;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services.StorageCommitment;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol;

namespace Slideport.Converter.Tests;

/// <summary>A whole converter in this process, in folders of its own, on a clock the test turns.</summary>
internal sealed class ConverterHost : IAsyncDisposable
{
    private ConverterRole _role = null!;

    /// <summary>Not started yet; its folders can still be prepared.</summary>
    internal ConverterHost(ConverterOptions options)
    {
        Options = options with { Port = 0, Tls = false, RequireClientCertificate = false, SpoolReserveBytes = 0, SpoolFullPercent = 100, DestinationReservePercent = 0, SpoolFolder = At("spool"), ImageStoreLocation = At("images") };
    }

    internal string Root { get; } = Directory.CreateTempSubdirectory("slideport-converter-").FullName;

    internal ConverterOptions Options { get; set; }

    /// <summary>Certificates; null without TLS.</summary>
    internal ConverterTls? Tls { get; init; }

    /// <summary>SAM; null without one.</summary>
    internal SamAddress? Sam { get; init; }

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    internal TestLog Log { get; } = new();

    internal int Port => _role.LocalEndPoint!.Port;

    internal ConverterMetrics Metrics => _role.Metrics;

    /// <summary>What people ask for at SAM.</summary>
    internal SlideActions Actions => _role.Actions!;

    internal string Images => Options.ImageStoreLocation;

    internal static async Task<ConverterHost> StartAsync(ConverterOptions? options = null)
    {
        var host = new ConverterHost(options ?? new ConverterOptions());
        await host.StartAsync();
        return host;
    }

    internal async Task StartAsync()
    {
        _role = new ConverterRole(Options with { Tls = Tls is not null, RequireClientCertificate = Tls is not null }, Tls, Sam, Time, Log);
        await _role.StartAsync(TestContext.Current.CancellationToken);
    }

    internal async Task StopAsync() => await _role.DisposeAsync();

    internal async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>The records of all slides, purged ones included, read from disk as an operator would.</summary>
    internal SlideRecord[] Records() =>
    [
        .. Directory.EnumerateFiles(Options.SpoolFolder, "*.json", SearchOption.AllDirectories)
            .Where(p => Path.GetFileName(p) == SlideRecord.FileName || p.Contains("/done/", StringComparison.Ordinal))
            .Select(SlideRecord.TryRead).OfType<SlideRecord>(),
    ];

    /// <summary>Turns the clock until the only slide is in a state.</summary>
    internal Task<SlideRecord> UntilAsync(SlideState state, int revision = 1) => UntilAsync(r => r.State == state && r.Revision == revision);

    /// <summary>Turns the clock until something holds of the only slide.</summary>
    internal async Task<SlideRecord> UntilAsync(Func<SlideRecord, bool> holds)
    {
        SlideRecord? found = null;
        await TurnUntilAsync(() => Records() is [var record] && holds(found = record));
        return found!;
    }

    /// <summary>Turns the clock until something holds.</summary>
    internal async Task TurnUntilAsync(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            if (i == 3000)
                throw new TimeoutException($"{string.Join("; ", Records().Select(r => $"{r.State} {r.Reason} {string.Join(", ", r.Destinations)}"))}\n{string.Join('\n', Log.Lines)}");
            Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What is visible in the image store: relative paths, hidden files left out.</summary>
    internal string[] Delivered() =>
    [
        .. Directory.EnumerateFiles(Images, "*", SearchOption.AllDirectories).Select(p => Path.GetRelativePath(Images, p)).Where(p => !p.StartsWith('.')).Order(StringComparer.Ordinal),
    ];

    internal string[] Hidden() => [.. Directory.EnumerateFileSystemEntries(Images).Select(Path.GetFileName).OfType<string>().Where(n => n.StartsWith('.') && n != ".slideport-store.json")];

    /// <summary>Sends the files on one association and asks for their commitment, as the virtual scanner does.</summary>
    internal async Task<CommitmentResult> SendAndCommitAsync(IReadOnlyList<string> files)
    {
        await using var association = await TestPeer.ConnectAsync(Port);
        foreach (var file in files)
            Assert.Equal(0, (await association.StoreAsync(file)).Status.Code);
        var result = await CommitAsync(association, files);
        await association.ReleaseAsync(TestContext.Current.CancellationToken);
        return result;
    }

    internal static async Task<CommitmentResult> CommitAsync(Association association, IEnumerable<string> files) => await StorageCommitmentScu.RequestAsync(
        association,
        [.. files.Select(f => new InstanceReference(Uids.VLWholeSlideMicroscopyImageStorage, UidOf(f)))],
        TestContext.Current.CancellationToken);

    internal static string UidOf(string path)
    {
        using var file = Part10File.Open(path);
        return file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID)!;
    }

    internal string At(string name) => Path.Join(Root, name);

    public async ValueTask DisposeAsync()
    {
        await _role.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }
}
