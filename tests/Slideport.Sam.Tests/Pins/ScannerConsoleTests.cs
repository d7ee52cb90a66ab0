extern alias VirtualScanner;

using System.Net.Http.Json;
using Microsoft.Extensions.Time.Testing;
using Slideport.Sam.Tests.Users;
using VirtualScanner::Slideport.Scanner;
using VirtualScanner::Slideport.Scanner.Clock;
using VirtualScanner::Slideport.Scanner.Sam;
using VirtualScanner::Slideport.Scanner.Slides;

namespace Slideport.Sam.Tests.Pins;

/// <summary>The console of the virtual scanner, in front of a real SAM.</summary>
public sealed class ScannerConsoleTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));
    private SamUnderTest _sam = null!;
    private HttpClient _admin = null!;
    private EnrolledScanner _scanner = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _scanner.DisposeAsync();
        await _sam.DisposeAsync();
    }

    [Fact]
    public async Task A_locked_console_loads_no_racks()
    {
        await StartAsync();

        Assert.True(_scanner.Console.IsLocked);
        var refused = await Assert.ThrowsAsync<ConsoleLockedException>(() => _scanner.ScanAsync([ScanSource.Generated], new ScanOptions(), null, Cancel));
        Assert.Contains("enter a PIN", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_right_PIN_unlocks_it_and_a_wrong_one_does_not()
    {
        await StartAsync();

        var wrong = await Assert.ThrowsAsync<ConsoleLockedException>(() => _scanner.Console.UnlockAsync("480273", Cancel));
        var stillLocked = _scanner.Console.IsLocked;
        await _scanner.Console.UnlockAsync("739164", Cancel);

        Assert.Contains("lets nobody in", wrong.Message, StringComparison.Ordinal);
        Assert.True(stillLocked);
        Assert.False(_scanner.Console.IsLocked);
        Assert.Equal("anna", _scanner.Console.Holder?.UserName);
    }

    [Fact]
    public async Task It_locks_again_when_nobody_has_touched_it_for_as_long_as_SAM_says()
    {
        await StartAsync("""{"pinManagement":{"consoleLockMinutes":10}}""");
        await _scanner.Console.UnlockAsync("739164", Cancel);

        _time.Advance(TimeSpan.FromMinutes(9.9));
        _scanner.Console.Touch();
        _time.Advance(TimeSpan.FromMinutes(9.9));
        var touched = _scanner.Console.IsLocked;
        _time.Advance(TimeSpan.FromMinutes(0.1));

        Assert.False(touched);
        Assert.True(_scanner.Console.IsLocked);
        Assert.Null(_scanner.Console.Holder);
        Assert.Throws<ConsoleLockedException>(_scanner.Console.Touch);
        Assert.True(_scanner.Console.IsLocked); // touching a locked console does not unlock it
    }

    [Fact]
    public async Task Where_no_PINs_are_wanted_it_is_never_locked()
    {
        await StartAsync("""{"pinManagement":{"requirePin":false}}""");

        _time.Advance(TimeSpan.FromHours(10));

        Assert.False(_scanner.Console.IsLocked);
        _scanner.Console.Touch();
    }

    private async Task StartAsync(string settings = "{}")
    {
        _sam = await SamUnderTest.StartAsync(new OnSqlite());
        _admin = _sam.Admin();
        var (_, certificate) = await _sam.EnrolScannerAsync("SS1");
        var anna = await UserTests.AddAsync(_admin, "anna", "operator");
        using var set = await _admin.PutAsJsonAsync($"api/pins/{anna}", new { pin = "739164" }, Cancel);
        set.EnsureSuccessStatusCode();
        using var configured = await _admin.PatchAsync("api/configuration/defaults?reason=test", new StringContent(settings, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Cancel);
        configured.EnsureSuccessStatusCode();
        _scanner = await EnrolledScanner.StartAsync(_sam.Address, new ScannerIdentity("SS1", certificate, _sam.Authority.Roots), new ScannerClock(_time), Cancel);
    }
}
