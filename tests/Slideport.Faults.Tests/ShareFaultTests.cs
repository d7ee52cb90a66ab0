using Slideport.Converter;
using Slideport.Converter.Destinations;
using Slideport.Converter.Spool;
using Slideport.Converter.Tests;
using Slideport.ImageStore.Smb;
using Slideport.ImageStore.Tests.Smb;
using Slideport.Slides.Conversion;

namespace Slideport.Faults.Tests;

/// <summary>
/// Everything that can be wrong with a share while slides come, be it where they go first or a further destination: scanners are still answered,
/// slides wait and say why, nothing shows half, nobody else waits for it, and all of them are there once it is mended.
/// </summary>
public sealed class ShareFaultTests : IAsyncLifetime
{
    private const string NewPassword = "Another1 Kiwi=";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly SambaServer _samba = new();
    private readonly List<string> _sources = [];
    private readonly long _began = TimeProvider.System.GetTimestamp();
    private SmallDisk? _disk;
    private byte[] _sentinel = [];
    private ConverterHost _host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // A sentence a person can act on names the fault.
    public static TheoryData<string, string, bool> Faults()
    {
        var faults = new TheoryData<string, string, bool>();
        foreach (var (fault, sentence) in new[]
        {
            ("stopped", "cannot be reached"), ("hung", "answer"), ("full", "is full"), ("write-protected", "is write-protected"), ("password changed", "does not take user 'root'"),
            ("permission refused", "does not let user 'root' write"), ("sentinel missing", "is not there (no .slideport-store.json)"), ("another share", "is another image store than before"),
        })
        {
            faults.Add(fault, sentence, true);
            faults.Add(fault, sentence, false);
        }

        return faults;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        await _samba.DisposeAsync();
        _disk?.Dispose();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Slides_wait_for_a_share_and_say_why_and_are_there_when_it_is_mended(string fault, string sentence, bool isFirst)
    {
        if (fault is "full" or "write-protected")
            _disk = SmallDisk.Mount("size=8m");
        await _samba.StartAsync(share: _disk?.Folder);
        await StartAsync(_samba.Location("").Port, isFirst);
        await SendAsync("A-1");
        await UntilAsync(AreAllThere);
        var before = OnShare();

        await BeginAsync(fault);
        await SendAsync("A-2");
        await UntilAsync(() => Waiting().Any(w => w.Reason.Contains(sentence, StringComparison.Ordinal)) && Visible("local").Length == 2); // which nobody else waits for

        Assert.Equal(before, OnShare());
        await EndAsync(fault);
        await UntilAsync(AreAllThere);
        AssertWhole();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Over_a_wire_of_1_Mbit_s_slides_arrive_and_nobody_else_waits_for_them(bool isFirst)
    {
        await _samba.StartAsync();
        await using var wire = new SlowWire(_samba.Location("").Port, SlowWire.OneMegabit);
        await StartAsync(wire.Port, isFirst);

        await SendAsync("A-1", width: 1200, height: 800);
        await UntilAsync(() => Visible("local").Length == 1);
        Assert.Empty(OnShare());

        await UntilAsync(AreAllThere);

        AssertWhole();
        Assert.DoesNotContain(_host.Log.Entries, e => e.Id is 2201 or 2211); // nothing was taken to be away
        Assert.InRange(wire.BytesThere, new FileInfo(Path.Join(_samba.Share, OnShare()[0])).Length, long.MaxValue);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_share_that_is_away_for_three_days_gets_every_slide_of_them_when_it_is_back(bool isFirst)
    {
        await _samba.StartAsync();
        await StartAsync(_samba.Location("").Port, isFirst);
        await SendAsync("A-1");
        await UntilAsync(AreAllThere);

        await _samba.StopAsync();
        for (var hour = 0; hour < 72; hour++)
        {
            if (hour % 24 == 0)
                await SendAsync($"B-{hour}"); // taken from the scanner all the same
            _host.Time.Advance(TimeSpan.FromHours(1));
            await Task.Delay(100, Cancel);
        }

        // All of them wait for it still; however long it has lasted, it is tried again within minutes, and nobody is told of each time.
        await UntilAsync(() => Waiting() is { Length: 3 } waiting && waiting.Any(w => w.NotBefore > _host.Time.GetUtcNow()));
        Assert.All(Waiting(), w => Assert.InRange(w.NotBefore ?? DateTimeOffset.MinValue, DateTimeOffset.MinValue, _host.Time.GetUtcNow() + LongestPause));
        Assert.Equal(["A-1"], OnShare().Select(Barcode));
        Assert.Equal(4, Visible("local").Length);
        Assert.InRange(_host.Log.Entries.Count(e => e.Id == 2201), isFirst ? 1 : 0, 6);
        Assert.Equal(isFirst ? 0 : 1, _host.Log.Entries.Count(e => e.Id == 2212));
        Assert.DoesNotContain(_host.Log.Entries, e => e.Id is 2102 or 2214); // no slide needs a person

        await _samba.StartAsync();
        var back = _host.Time.GetUtcNow();
        await UntilAsync(AreAllThere);

        Assert.InRange(_host.Time.GetUtcNow() - back, TimeSpan.Zero, 3 * LongestPause);
        AssertWhole();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_of_the_slides_name_is_taken_for_it_when_it_is_the_same_and_left_alone_when_it_is_another(bool isSame)
    {
        await _samba.StartAsync();
        await StartAsync(_samba.Location("").Port, isFirst: false);
        await SendAsync("A-1");
        await UntilAsync(AreAllThere);
        await _samba.StopAsync();
        await SendAsync("A-2");
        await UntilAsync(() => Visible("local").Length == 2 && Waiting().Length == 1);
        var name = Visible("local").Select(p => Path.GetFileName(p)!).Single(n => n.StartsWith("A-2", StringComparison.Ordinal));
        var there = isSame ? await File.ReadAllBytesAsync(Path.Join(_host.At("local"), name), Cancel) : [1, 2, 3];
        await File.WriteAllBytesAsync(Path.Join(_samba.Share, name), there, Cancel);

        await _samba.StartAsync();
        await UntilAsync(AreAllThere);

        Assert.Equal(isSame ? 2 : 3, OnShare().Length);
        Assert.Equal(there, await File.ReadAllBytesAsync(Path.Join(_samba.Share, name), Cancel));
        if (!isSame)
            Assert.Null(Fidelity.Compare(_host.At("A-2"), Path.Join(_samba.Share, Path.ChangeExtension(name, null) + "_2.svs"), Cancel).Difference);
    }

    // The share, and beside it a folder of this machine that has nothing to do with it.
    private async Task StartAsync(int port, bool isFirst)
    {
        _host = new ConverterHost(new ConverterOptions());
        await WritePasswordAsync(SambaServer.Password);
        var share = (_samba.Location("") with { Port = port }).ToString();
        var destinations = new Dictionary<string, DestinationOptions> { ["local"] = new() { Location = Directory.CreateDirectory(_host.At("local")).FullName } };
        if (!isFirst)
            destinations.Add("share", new() { Location = share });
        _host.Options = _host.Options with
        {
            ImageStoreLocation = isFirst ? share : _host.Options.ImageStoreLocation,
            ShareCredentialsFolder = _host.At("smb"),
            Destinations = destinations,
        };
        await _host.StartAsync();
    }

    private async Task BeginAsync(string fault)
    {
        switch (fault)
        {
            case "stopped":
                await _samba.StopAsync();
                break;
            case "hung":
                await _samba.SignalAsync("-STOP");
                break;
            case "full":
                _disk!.Fill(left: 8192);
                break;
            case "write-protected":
                _disk!.Remount("ro");
                break;
            case "password changed":
                await _samba.StopAsync(); // nobody is logged in any more
                await _samba.SetPasswordAsync(NewPassword);
                await _samba.StartAsync();
                break;
            case "permission refused":
                await _samba.StopAsync();
                await _samba.StartAsync(shareSettings: "read only = yes");
                break;
            case "sentinel missing":
                _sentinel = await File.ReadAllBytesAsync(Sentinel, Cancel);
                File.Delete(Sentinel); // as a mount point is when nothing is mounted there
                break;
            case "another share":
                _sentinel = await File.ReadAllBytesAsync(Sentinel, Cancel);
                await File.WriteAllTextAsync(Sentinel, $$"""{"id":"{{Guid.NewGuid()}}"}""", Cancel);
                break;
        }
    }

    private async Task EndAsync(string fault)
    {
        switch (fault)
        {
            case "stopped":
                await _samba.StartAsync();
                break;
            case "hung":
                await _samba.SignalAsync("-CONT");
                break;
            case "full":
                _disk!.MakeRoom();
                break;
            case "write-protected":
                _disk!.Remount("rw");
                break;
            case "password changed":
                await WritePasswordAsync(NewPassword);
                break;
            case "permission refused":
                await _samba.StopAsync();
                await _samba.StartAsync();
                break;
            default:
                await File.WriteAllBytesAsync(Sentinel, _sentinel, Cancel);
                break;
        }
    }

    private string Sentinel => Path.Join(_samba.Share, ".slideport-store.json");

    private async Task WritePasswordAsync(string password)
    {
        var path = Path.Join(Directory.CreateDirectory(_host.At("smb")).FullName, "127.0.0.1");
        await File.WriteAllTextAsync(path, new SmbCredentials(SambaServer.User, password).ToFile(), Cancel);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    // The scanner is told that it may let go of all of it.
    private async Task SendAsync(string barcode, int width = 500, int height = 300)
    {
        var files = TestSlide.Write(_host.At(barcode), barcode, width, height);
        Assert.Equal(files.Count, (await _host.SendAndCommitAsync(files)).Committed.Count);
        _sources.Add(_host.At(barcode));
    }

    private bool AreAllThere() => _host.Records() is var records && records.Length == _sources.Count
        && records.All(r => r.State == SlideState.Verified && r.Destinations.Count > 0 && r.Destinations.All(d => d.State == DestinationState.Verified));

    private (string Reason, DateTimeOffset? NotBefore)[] Waiting() =>
    [
        .. _host.Records().Where(r => r.State is SlideState.Waiting or SlideState.Delivering && r.NotBefore is not null).Select(r => (r.Reason, r.NotBefore)),
        .. _host.Records().SelectMany(r => r.Destinations).Where(d => d.Name == "share" && !d.IsSettled).Select(d => (d.Reason, d.NotBefore)), // while it is down one tries for all
    ];

    // Every slide once, with every tile of it, and nothing half.
    private void AssertWhole()
    {
        foreach (var folder in new[] { _samba.Share, _host.At("local") })
        {
            var names = Directory.GetFileSystemEntries(folder).Select(p => Path.GetFileName(p)!).Where(n => n.EndsWith(".svs", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
            Assert.Equal(_sources.Select(s => Path.GetFileName(s)!).Order(StringComparer.Ordinal), names.Select(Barcode));
            foreach (var (source, name) in _sources.Order(StringComparer.Ordinal).Zip(names))
                Assert.Null(Fidelity.Compare(source, Path.Join(folder, name), Cancel).Difference);
            Assert.DoesNotContain(Directory.GetFileSystemEntries(folder), p => p.EndsWith(".part", StringComparison.Ordinal));
        }
    }

    private string[] OnShare() => [.. Directory.GetFiles(_samba.Share, "*.svs").Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];

    private string[] Visible(string destination) => Directory.GetFiles(_host.At(destination), "*.svs");

    private static string Barcode(string name) => name[..name.IndexOf('_', StringComparison.Ordinal)];

    // Slides that wait are due by the clock, which a test turns.
    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(_began) < Deadline, $"{string.Join("; ", _host.Records().Select(r => $"{r.State} {r.Reason} {string.Join(", ", r.Destinations)}"))}\n{string.Join('\n', _host.Log.Lines)}");
            _host.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(20, Cancel);
        }
    }
}
