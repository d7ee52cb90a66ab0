using Microsoft.Playwright;
using Slideport.Browser.Tests;

[assembly: AssemblyFixture(typeof(Browser))]

namespace Slideport.Browser.Tests;

/// <summary>The machine's own Chromium, started once. Where there is none the tests are skipped, and fail where CI=true. Screenshots are kept in <c>artifacts/screenshots</c>.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        if (Array.Find(Programs, File.Exists) is not { } program)
            return;
        _playwright = await Playwright.CreateAsync();
        // Root may not use the sandbox, and containers seldom have much /dev/shm.
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = ["--no-sandbox", "--disable-dev-shm-usage"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A window of its own, which fails the test for whatever its console or its policy complains of.</summary>
    internal async Task<IPage> OpenAsync(string address, int width, int height, ColorScheme scheme, List<string> complaints)
    {
        if (_browser is null)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "Chromium is not installed (Debian package chromium).");
            Assert.Fail("Chromium is not installed (Debian package chromium).");
        }

        var page = await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = height }, ColorScheme = scheme, IgnoreHTTPSErrors = true, ReducedMotion = ReducedMotion.Reduce });
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                complaints.Add($"{message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => complaints.Add(error);
        await page.GotoAsync(address);
        return page;
    }

    /// <summary>Keeps what a page looks like, for people.</summary>
    internal static async Task KeepAsync(IPage page, string name)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (at is not null && !File.Exists(Path.Join(at.FullName, "Slideport.slnx")))
            at = at.Parent;
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Join(at?.FullName ?? Path.GetTempPath(), "artifacts", "screenshots", $"{name}.png") });
    }
}
