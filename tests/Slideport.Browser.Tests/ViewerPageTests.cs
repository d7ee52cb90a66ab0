using Microsoft.Playwright;
using Slideport.Dsr.Tests.Viewing;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;
using static Microsoft.Playwright.Assertions;

namespace Slideport.Browser.Tests;

public sealed class ViewerPageTests(Browser browser) : IAsyncLifetime
{
    private readonly List<string> _complaints = [];
    private readonly List<IPage> _pages = [];
    private ViewerHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ViewerHost.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var page in _pages)
            await page.CloseAsync(); // or the server would wait for its connections
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData(360, 740, ColorScheme.Light)]
    [InlineData(1280, 800, ColorScheme.Dark)]
    [InlineData(3840, 2160, ColorScheme.Light)]
    public async Task A_real_slide_is_shown_with_its_scale_from_a_phone_to_a_large_screen(int width, int height, ColorScheme scheme)
    {
        var page = await OpenAsync($"slide={Real()}", width, height, scheme);
        await DrawnAsync(page);
        await Browser.KeepAsync(page, $"viewer-{width}");

        await Expect(page.Locator(".scale")).ToContainTextAsync("m");
        await Expect(page.Locator("#magnification")).ToContainTextAsync("×");
        // 20× is all the detail there is.
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "20×", Exact = true })).ToBeEnabledAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "40×", Exact = true })).ToBeDisabledAsync();
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task The_picture_is_in_its_place_up_to_the_edge()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (900, 700), (450, 350)));
        var page = await OpenAsync($"slide={id}", 1000, 900, ColorScheme.Light);
        await DrawnAsync(page);

        // The slide's own pixels, one of the screen each, with its lower right corner in the middle: tiles hang over there, and nothing of that is shown.
        await page.EvaluateAsync("location.hash = '#x=900&y=700&zoom=1'");
        await UntilAsync(page, "document.querySelector('#magnification').textContent === '40×'");
        await DrawnAsync(page);

        var (canvas, at) = await CanvasAsync(page);
        var expected = WrittenSvs.Window(890, 690, 1, 1, 900, 700).Pixels;
        Assert.InRange(Difference(Pixel(canvas, at.X - 10, at.Y - 10), expected), 0, 24);
        Assert.InRange(Difference(Pixel(canvas, at.X + 10, at.Y - 10), [255, 255, 255]), 0, 6);
        Assert.InRange(Difference(Pixel(canvas, at.X - 10, at.Y + 10), [255, 255, 255]), 0, 6);
        Assert.Empty(_complaints);
    }

    [Theory]
    [InlineData("/iiif/3/{0}/info.json")]
    [InlineData("/slides/{0}/deepzoom.dzi")]
    public async Task OpenSeadragon_by_itself_shows_what_is_given_by_IIIF_and_as_DeepZoom(string address)
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (900, 700), (450, 350)));
        var page = await OpenAsync($"slide={id}", 1000, 900, ColorScheme.Light);
        await page.EvaluateAsync(
            """
            address => {
              const element = document.createElement('div');
              document.body.prepend(element);
              element.className = 'slide';
              element.style.cssText = 'position: fixed; inset: 0; height: 100%; z-index: 99; background: white';
              return new Promise((done, failed) => {
                const viewer = OpenSeadragon({ element, tileSources: address, drawer: 'canvas', showNavigationControl: false, maxZoomPixelRatio: 8 });
                viewer.addHandler('open-failed', event => failed(new Error(event.message)));
                viewer.addHandler('tile-load-failed', event => failed(new Error(event.message)));
                viewer.addHandler('open', () => {
                  const image = viewer.world.getItemAt(0);
                  viewer.viewport.zoomTo(image.imageToViewportZoom(1), null, true);
                  viewer.viewport.panTo(image.imageToViewportCoordinates(new OpenSeadragon.Point(880, 680)), true);
                  done();
                });
              });
            }
            """,
            string.Format(System.Globalization.CultureInfo.InvariantCulture, address, id));
        await DrawnAsync(page);

        var (canvas, at) = await CanvasAsync(page);
        foreach (var (x, y) in ((int, int)[])[(0, 0), (-300, -200), (15, 15)])
            Assert.InRange(Difference(Pixel(canvas, at.X + x, at.Y + y), WrittenSvs.Window(880 + x, 680 + y, 1, 1, 900, 700).Pixels), 0, 24);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_colour_profile_is_applied_until_somebody_wants_what_was_scanned()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, TestProfile.Exchanged, (900, 700), (450, 350)));
        var page = await OpenAsync($"slide={id}#x=200&y=200&zoom=1", 1000, 900, ColorScheme.Light);
        await DrawnAsync(page);

        var scanned = WrittenSvs.Window(200, 200, 1, 1, 900, 700).Pixels;
        byte[] exchanged = [scanned[2], scanned[1], scanned[0]];
        Assert.InRange(Difference(scanned, exchanged), 100, 765);
        var (canvas, at) = await CanvasAsync(page);
        Assert.InRange(Difference(Pixel(canvas, at.X, at.Y), exchanged), 0, 24);
        await page.Keyboard.PressAsync("i");
        await Expect(page.Locator("#panel")).ToContainTextAsync("applied");

        await page.Keyboard.PressAsync("a");
        await Browser.KeepAsync(page, "viewer-colours");
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Colour profile" }).UncheckAsync();
        await DrawnAsync(page);
        (canvas, at) = await CanvasAsync(page);
        Assert.InRange(Difference(Pixel(canvas, at.X, at.Y), scanned), 0, 24);
        // Chromium's graphics without a graphics processor complain that they wait for themselves.
        Assert.DoesNotContain(_complaints, complaint => !complaint.Contains("GPU stall due to ReadPixels", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_colour_profile_that_is_damaged_is_told_and_the_slide_is_shown_as_it_was_scanned()
    {
        var profile = TestProfile.Exchanged.ToArray();
        profile[16] = (byte)'?';
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, profile, (900, 700), (450, 350)));
        var page = await OpenAsync($"slide={id}#x=200&y=200&zoom=1", 1000, 900, ColorScheme.Light);
        await DrawnAsync(page);

        var (canvas, at) = await CanvasAsync(page);
        Assert.InRange(Difference(Pixel(canvas, at.X, at.Y), WrittenSvs.Window(200, 200, 1, 1, 900, 700).Pixels), 0, 24);
        await page.Keyboard.PressAsync("i");
        await Expect(page.Locator("#panel")).ToContainTextAsync("not applied: The colour profile is not one of RGB.");
    }

    [Fact]
    public async Task What_the_slide_is_comes_with_the_page_and_is_not_asked_again()
    {
        var page = await OpenAsync($"slide={Real()}&beside={Real()}", 1000, 800, ColorScheme.Light);
        await DrawnAsync(page);

        Assert.Equal(["link", "link"], await page.EvaluateAsync<string[]>("performance.getEntriesByType('resource').filter(e => e.name.endsWith('/view')).map(e => e.initiatorType)"));
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task The_address_leads_to_the_place_and_follows_it()
    {
        var page = await OpenAsync($"slide={Real()}#x=1200&y=900&zoom=1&rotation=90", 1000, 800, ColorScheme.Light);
        await DrawnAsync(page);
        await Expect(page.Locator("#magnification")).ToHaveTextAsync("20×");

        await page.Keyboard.PressAsync("5"); // 10×
        await UntilAsync(page, "/zoom=0.499/.test(location.hash)");
        Assert.Matches(@"^#x=1200&y=900&zoom=0\.499&rotation=90$", new Uri(page.Url).Fragment);

        await page.Keyboard.PressAsync("Shift+R");
        await UntilAsync(page, "!location.hash.includes('rotation')");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Two_slides_move_together_until_they_are_not_linked()
    {
        var page = await OpenAsync($"slide={Real()}&beside={Real()}", 1400, 800, ColorScheme.Light);
        await DrawnAsync(page);
        const string Zooms = "[...document.querySelectorAll('.scale span')].map(s => s.textContent)";
        var before = await page.EvaluateAsync<string[]>(Zooms);

        await page.Locator(".pane").First.ClickAsync();
        await page.Keyboard.PressAsync("6"); // 20×
        await UntilAsync(page, $"{Zooms}.every(t => t !== '{before[0]}')");
        await DrawnAsync(page);
        await Browser.KeepAsync(page, "viewer-side-by-side");
        var linked = await page.EvaluateAsync<string[]>(Zooms);
        Assert.Equal(linked[0], linked[1]);

        await page.GetByRole(AriaRole.Button, new() { Name = "Linked" }).ClickAsync();
        await page.Locator(".pane").Last.ClickAsync();
        await page.Keyboard.PressAsync("3"); // 4×
        await UntilAsync(page, $"{Zooms}[1] !== '{linked[1]}'");
        Assert.Equal(linked[0], (await page.EvaluateAsync<string[]>(Zooms))[0]);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Details_show_the_label_and_what_the_slide_tells()
    {
        var page = await OpenAsync($"slide={Real()}", 1280, 800, ColorScheme.Light);

        await page.GetByRole(AriaRole.Button, new() { Name = "Details" }).ClickAsync();

        var panel = page.GetByRole(AriaRole.Complementary, new() { Name = "Details" });
        await Expect(panel).ToContainTextAsync("0.499 µm per pixel");
        await UntilAsync(page, "[...document.querySelectorAll('#panel img')].length === 2 && [...document.querySelectorAll('#panel img')].every(i => i.naturalWidth > 0)");
        await Browser.KeepAsync(page, "viewer-details");
        await page.Keyboard.PressAsync("Escape");
        await Expect(panel).ToBeHiddenAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task A_snapshot_is_a_PNG_adjusted_as_the_screen()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (900, 700), (450, 350)));
        var page = await OpenAsync($"slide={id}", 1000, 800, ColorScheme.Light);
        await DrawnAsync(page);
        await page.Keyboard.PressAsync("a");
        await page.Locator("#brightness").FillAsync("0.5");

        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Button, new() { Name = "Snapshot" }).ClickAsync());

        using var picture = NetVips.Image.NewFromFile(await download.PathAsync());
        Assert.EndsWith(".png", download.SuggestedFilename, StringComparison.Ordinal);
        var (canvas, at) = await CanvasAsync(page);
        var shown = Pixel(canvas, at.X, at.Y);
        var saved = picture.Getpoint(picture.Width / 2, picture.Height / 2);
        Assert.InRange(Difference([(byte)saved[0], (byte)saved[1], (byte)saved[2]], shown), 0, 12);
        Assert.True(shown.Max() <= 128);
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task What_cannot_be_opened_is_said_in_words()
    {
        var damaged = _host.Add("b.svs", path => File.WriteAllText(path, "no slide at all"));
        var page = await OpenAsync($"slide={damaged}", 800, 600, ColorScheme.Dark, isSound: false);

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The slide cannot be shown. Not a TIFF file");
        await Browser.KeepAsync(page, "viewer-trouble");
        await page.GotoAsync($"{_host.Client.BaseAddress}viewer");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("names no slide");
    }

    [Fact]
    public async Task Everything_is_reached_with_the_keyboard_and_has_a_name()
    {
        var page = await OpenAsync($"slide={Real()}", 1280, 800, ColorScheme.Light);

        Assert.Empty(await page.EvaluateAsync<string[]>("[...document.querySelectorAll('button, input, a')].filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).map(e => e.outerHTML)"));
        Assert.Contains("arrow keys", await page.EvaluateAsync<string>("document.querySelector('.openseadragon-canvas').getAttribute('aria-label')"), StringComparison.Ordinal);
        await page.Keyboard.PressAsync("?");
        await Expect(page.GetByRole(AriaRole.Region, new() { Name = "Keys" })).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    private string Real()
    {
        var path = RealSlides.Path("CMU-1-Small-Region.svs");
        return _host.Add($"{Guid.NewGuid():N}.svs", to => File.Copy(path, to));
    }

    private async Task<IPage> OpenAsync(string query, int width, int height, ColorScheme scheme, bool isSound = true)
    {
        var page = await browser.OpenAsync($"{_host.Client.BaseAddress}viewer?{query}", width, height, scheme, _complaints);
        _pages.Add(page);
        if (isSound)
            await page.WaitForSelectorAsync("body[data-ready]");
        return page;
    }

    /// <summary>Waits until all tiles that are to be seen are.</summary>
    private static Task DrawnAsync(IPage page) => UntilAsync(
        page,
        "[...document.querySelectorAll('.slide')].every(e => OpenSeadragon.getViewer(e)?.world.getItemAt(0)?.getFullyLoaded()) && new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");

    // Playwright's own way of waiting evaluates strings, which the page's policy forbids.
    private static async Task UntilAsync(IPage page, string condition)
    {
        while (!await page.EvaluateAsync<bool>(condition))
            await Task.Delay(30, TestContext.Current.CancellationToken);
    }

    /// <summary>A screenshot, and where the middle of the first pane is in it.</summary>
    private static async Task<(RgbPicture Picture, (int X, int Y) Middle)> CanvasAsync(IPage page)
    {
        var box = await page.Locator(".slide").First.BoundingBoxAsync();
        using var image = NetVips.Image.NewFromBuffer(await page.ScreenshotAsync());
        using var rgb = image.ExtractBand(0, n: 3);
        return (new RgbPicture(rgb.Width, rgb.Height, rgb.WriteToMemory<byte>()), ((int)(box!.X + box.Width / 2), (int)(box.Y + box.Height / 2)));
    }

    private static byte[] Pixel(RgbPicture picture, int x, int y) => picture.Pixels.AsSpan(3 * (y * picture.Width + x), 3).ToArray();

    private static int Difference(byte[] one, byte[] other) => one.Zip(other).Sum(p => Math.Abs(p.First - p.Second));
}
