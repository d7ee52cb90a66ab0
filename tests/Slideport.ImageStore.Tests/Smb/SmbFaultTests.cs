using System.Diagnostics;
using Slideport.Files;
using Slideport.ImageStore.Smb;

namespace Slideport.ImageStore.Tests.Smb;

/// <summary>A share that is full, write-protected, hung or away: said in a sentence, nothing under a final name, and on it goes when it is back.</summary>
public sealed class SmbFaultTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly SambaServer _samba = new();
    private readonly SambaServer _other = new();
    private readonly string _mount = Directory.CreateTempSubdirectory("slideport-mount-").FullName;
    private bool _isMounted;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _samba.DisposeAsync();
        await _other.DisposeAsync();
        if (_isMounted)
            Assert.Equal(0, await RunAsync("umount", _mount));
        Directory.Delete(_mount);
    }

    [Fact]
    public async Task A_server_that_hangs_is_offline_within_a_minute_and_holds_up_no_other()
    {
        await _samba.StartAsync();
        await _other.StartAsync();
        using var store = _samba.Store("");
        using var other = _other.Store("");
        var id = await store.CheckAsync(null, Cancel); // leaves a connection, which will hang, too
        var delivery = Prepare(store);
        await _samba.SignalAsync("-STOP");

        var started = Stopwatch.StartNew();
        var hanging = Task.WhenAll(((Func<Task>[])[() => store.CheckAsync(id, Cancel).AsTask(), () => delivery.FlushAsync(Cancel).AsTask()]).Select(OfflineAsync));
        await other.CheckAsync(null, Cancel);
        Assert.True(await Prepare(other).TryPublishAsync("a.svs", Cancel));
        Assert.False(hanging.IsCompleted);
        await hanging;
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Bound);

        await _samba.SignalAsync("-CONT");
        Assert.Equal(id, await store.CheckAsync(id, Cancel));
        Assert.True(await delivery.TryPublishAsync("a.svs", Cancel));
    }

    [Fact]
    public async Task A_server_that_ends_is_offline_and_the_delivery_is_taken_up_when_it_is_back()
    {
        await _samba.StartAsync();
        using var store = _samba.Store("");
        var id = await store.CheckAsync(null, Cancel);
        var delivery = Prepare(store);
        await delivery.FlushAsync(Cancel);
        await _samba.StopAsync();

        await OfflineAsync(() => store.CheckAsync(id, Cancel).AsTask());
        await OfflineAsync(() => delivery.TryPublishAsync("a.svs", Cancel).AsTask());
        Assert.Equal([".slideport-k1.part", ".slideport-store.json"], Names());

        await _samba.StartAsync();
        Assert.Equal(id, await store.CheckAsync(id, Cancel));
        Assert.True(await delivery.TryPublishAsync("a.svs", Cancel));
        Assert.Equal([".slideport-store.json", "a.svs"], Names());
    }

    [Fact]
    public async Task Who_reads_from_a_server_that_hangs_hears_so_within_a_minute_and_reads_on_when_it_is_back()
    {
        await _samba.StartAsync();
        using var store = _samba.Store("");
        await store.CheckAsync(null, Cancel);
        await File.WriteAllBytesAsync(Path.Join(_samba.Share, "a.svs"), new byte[5_000_000], Cancel);
        using var file = await store.OpenAsync("a.svs", Cancel);
        Assert.Equal(100, file.Read(new byte[100], 0));
        await _samba.SignalAsync("-STOP");

        var started = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(1, 6).Select(i => OfflineAsync(() => Task.Run(() => file.Read(new byte[100], i * 500_000), Cancel))));
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Bound);

        await _samba.SignalAsync("-CONT");
        Assert.Equal(100, file.Read(new byte[100], 1_000_000));
        await store.CheckAsync(null, Cancel);
    }

    // More than a piece of the fast wire: in the time its answer may take, 1 Mbit/s moves no more than half of one.
    [Fact]
    public async Task Over_a_wire_of_1_Mbit_s_a_slide_arrives_whole_and_is_not_taken_to_be_away()
    {
        await _samba.StartAsync();
        await using var wire = new SlowWire(_samba.Location("").Port, SlowWire.OneMegabit);
        using var store = _samba.Store("", at: wire.Port);
        await store.CheckAsync(null, Cancel);
        var bytes = new byte[5 << 20];
        Random.Shared.NextBytes(bytes);
        var delivery = store.Begin("k1");
        await File.WriteAllBytesAsync(delivery.PartPath, bytes, Cancel);

        await delivery.FlushAsync(Cancel); // written, and read back
        Assert.True(await delivery.TryPublishAsync("a.svs", Cancel));

        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Join(_samba.Share, "a.svs"), Cancel));
        Assert.InRange(wire.BytesThere, bytes.Length, bytes.Length * 3 / 2); // once, not in many attempts
        Assert.Equal([".slideport-store.json", "a.svs"], Names());
    }

    [Fact]
    public async Task A_file_that_is_gone_or_another_ends_the_read_with_a_sentence()
    {
        await _samba.StartAsync();
        using var store = _samba.Store("");
        await store.CheckAsync(null, Cancel);
        var path = Path.Join(_samba.Share, "a.svs");
        await File.WriteAllBytesAsync(path, new byte[1_000_000], Cancel);
        using var file = await store.OpenAsync("a.svs", Cancel);
        await File.WriteAllBytesAsync(path, new byte[900_000], Cancel);

        Assert.Contains("has been changed", Assert.Throws<IOException>(() => file.Read(new byte[100], 0)).Message, StringComparison.Ordinal);

        await File.WriteAllBytesAsync(Path.Join(_samba.Share, "b.svs"), new byte[1_000_000], Cancel);
        using var gone = await store.OpenAsync("b.svs", Cancel);
        File.Delete(Path.Join(_samba.Share, "b.svs"));
        Assert.Contains("is gone", Assert.Throws<IOException>(() => gone.Read(new byte[100], 0)).Message, StringComparison.Ordinal);
        Assert.Equal(["a.svs"], await store.ListAsync("", Cancel).Select(e => e.Name).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_full_share_takes_no_part_of_a_slide_and_takes_it_when_there_is_room()
    {
        await MountAsync("size=8m");
        await _samba.StartAsync(share: _mount);
        using var store = _samba.Store("");
        await store.CheckAsync(null, Cancel);
        await File.WriteAllBytesAsync(Path.Join(_mount, "somebody's"), new byte[5 << 20], Cancel);
        var delivery = Prepare(store, bytes: 6 << 20);

        var full = await Assert.ThrowsAsync<ImageStoreException>(async () => await delivery.FlushAsync(Cancel));
        Assert.Equal(ImageStoreFailure.Full, full.Failure);
        Assert.Contains("is full", full.Message, StringComparison.Ordinal);
        await delivery.RemoveAsync(Cancel);
        Assert.Equal(ImageStoreFailure.Full, (await Assert.ThrowsAsync<ImageStoreException>(async () => await store.TryAsync(6 << 20, Cancel))).Failure);
        Assert.Equal([".slideport-store.json", "somebody's"], Names());

        File.Delete(Path.Join(_mount, "somebody's"));
        Assert.True(await Prepare(store, bytes: 6 << 20).TryPublishAsync("a.svs", Cancel));
    }

    [Fact]
    public async Task A_write_protected_share_says_so_and_takes_the_slide_when_it_is_not()
    {
        await MountAsync("size=8m");
        await _samba.StartAsync(share: _mount);
        using var store = _samba.Store("");
        await store.CheckAsync(null, Cancel);
        Assert.Equal(0, await RunAsync("mount", "-o", "remount,ro", _mount));

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await Prepare(store).FlushAsync(Cancel));
        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("write-protected", refused.Message, StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync("mount", "-o", "remount,rw", _mount));
        Assert.True(await store.Begin("k1").TryPublishAsync("a.svs", Cancel));
    }

    [Fact]
    public async Task A_share_that_may_only_be_read_says_so()
    {
        await _samba.StartAsync(shareSettings: "read only = yes");
        using var store = _samba.Store("");

        var refused = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.TryAsync(StoreTrial.Small, Cancel));
        Assert.Equal(ImageStoreFailure.Refused, refused.Failure);
        Assert.Contains("does not let user 'root' write", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_password_is_taken_from_the_file_the_next_time()
    {
        await _samba.StartAsync();
        var credentials = _samba.Credentials(SambaServer.User, "old");
        using var store = new SmbImageStore(_samba.Location(""), new SmbSurroundings(_samba.Work, credentials, SmbProgram.Self));
        await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel));

        await File.WriteAllTextAsync(credentials, new SmbCredentials(SambaServer.User, SambaServer.Password).ToFile(), Cancel);

        await store.CheckAsync(null, Cancel);
    }

    [Fact]
    public async Task A_wrong_password_is_said_once_until_the_file_changes_or_ten_minutes_have_passed()
    {
        await _samba.StartAsync();
        await using var proxy = new RecordingProxy(_samba.Location("").Port);
        var (credentials, clock) = (_samba.Credentials(SambaServer.User, "wrong"), new TurnedClock());
        using var store = new SmbImageStore(_samba.Location("") with { Port = proxy.Port }, new SmbSurroundings(_samba.Work, credentials, SmbProgram.Self) { Time = clock });
        var said = await RefusedAsync();
        var connections = proxy.Connections;

        Assert.Equal(said, await RefusedAsync());
        clock.Turn(TimeSpan.FromMinutes(9));
        Assert.Equal(said, await RefusedAsync());
        Assert.Equal(connections, proxy.Connections);

        clock.Turn(TimeSpan.FromMinutes(1));
        Assert.Equal(said, await RefusedAsync());
        Assert.InRange(proxy.Connections, connections + 1, int.MaxValue);

        await File.WriteAllTextAsync(credentials, new SmbCredentials(SambaServer.User, SambaServer.Password).ToFile(), Cancel);
        await store.CheckAsync(null, Cancel);

        async Task<string> RefusedAsync() => (await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel))).Message;
    }

    [Fact]
    public async Task A_server_that_nobody_knows_is_offline_and_has_refused_nobody()
    {
        await _samba.StartAsync();
        using var store = new SmbImageStore(
            new SmbLocation("no-such-server.invalid", 445, "slides", ""), new SmbSurroundings(_samba.Work, _samba.Credentials(SambaServer.User, SambaServer.Password), SmbProgram.Self));

        var unknown = await Assert.ThrowsAsync<ImageStoreException>(async () => await store.CheckAsync(null, Cancel));

        Assert.Equal((ImageStoreFailure.Offline, false), (unknown.Failure, unknown.IsOfLogon));
        Assert.Contains("whose name nobody knows here", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_nobody_uses_for_two_minutes_ends()
    {
        await _samba.StartAsync();
        var clock = new TurnedClock();
        using var store = new SmbImageStore(
            _samba.Location(""), new SmbSurroundings(_samba.Work, _samba.Credentials(SambaServer.User, SambaServer.Password), SmbProgram.Self) { Time = clock });
        await store.CheckAsync(null, Cancel);
        var idle = _samba.Agents();
        Assert.NotEmpty(idle);

        clock.Turn(TimeSpan.FromSeconds(119));
        Assert.Equal(idle, _samba.Agents());
        clock.Turn(TimeSpan.FromSeconds(1));
        Assert.Empty(_samba.Agents());

        await store.CheckAsync(null, Cancel);
    }

    [Fact]
    public async Task Whoever_speaks_with_a_share_is_not_ended_by_a_signal_to_everybody()
    {
        await _samba.StartAsync();
        using var store = _samba.Store("");
        await store.CheckAsync(null, Cancel);
        var agents = _samba.Agents();

        await SambaServer.SignalAsync("-TERM", agents);
        await SambaServer.SignalAsync("-INT", agents);
        for (var i = 0; i < 20; i++)
        {
            await Task.Delay(50, Cancel);
            Assert.Equal(agents, _samba.Agents());
        }

        await store.CheckAsync(null, Cancel);
        Assert.Equal(agents, _samba.Agents());
    }

    [Fact]
    public async Task Who_gives_up_waits_for_nothing()
    {
        await _samba.StartAsync();
        using var store = _samba.Store("");
        await store.CheckAsync(null, Cancel);
        await _samba.SignalAsync("-STOP");
        using var soon = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        soon.CancelAfter(TimeSpan.FromMilliseconds(200));

        var started = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.CheckAsync(null, soon.Token));

        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }

    private static async Task OfflineAsync(Func<Task> work)
    {
        var offline = await Assert.ThrowsAsync<ImageStoreException>(work);
        Assert.True(offline.Failure == ImageStoreFailure.Offline, offline.Message);
    }

    private static ImageDelivery Prepare(SmbImageStore store, int bytes = 5)
    {
        var delivery = store.Begin("k1");
        using var file = File.Exists(delivery.PartPath) ? null : DurableFile.CreateNew(delivery.PartPath);
        if (file is not null)
            RandomAccess.Write(file, new byte[bytes], 0);
        return delivery;
    }

    private IEnumerable<string?> Names() => Directory.GetFileSystemEntries(_samba.Share).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    private async Task MountAsync(string options)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a small disk needs root");
        _isMounted = await RunAsync("mount", "-t", "tmpfs", "-o", options, "slideport", _mount) == 0;
        if (_isMounted)
            return;
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "root may not mount here");
        Assert.Fail($"mount -o {options} failed");
    }

    private static async Task<int> RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo(command[0]) { RedirectStandardError = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
