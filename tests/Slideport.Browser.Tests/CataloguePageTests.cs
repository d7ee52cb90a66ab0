using Microsoft.Playwright;
using Slideport.Dsr.Tests;
using static Microsoft.Playwright.Assertions;

namespace Slideport.Browser.Tests;

/// <summary>The list of slides, from logging in to the viewer.</summary>
public sealed class CataloguePageTests(Browser browser) : IAsyncLifetime
{
    private readonly List<string> _complaints = [];
    private readonly List<IPage> _pages = [];
    private DsrUnderTest _dsr = null!;

    public async ValueTask InitializeAsync()
    {
        _dsr = await DsrUnderTest.StartAsync();
        TestSlides.PutSvs(Path.Join(_dsr.Images, "S26-1.svs"));
        TestSlides.PutDicom(Path.Join(_dsr.Images, "S26-2"));
        await File.WriteAllTextAsync(Path.Join(_dsr.Images, "broken.svs"), "no slide", TestContext.Current.CancellationToken);
        await _dsr.Machine("admin").StatusAsync(HttpMethod.Post, "api/rescan");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var page in _pages)
            await page.CloseAsync(); // or the server would wait for its connections
        await _dsr.DisposeAsync();
    }

    [Theory]
    [InlineData(360, 740, ColorScheme.Light)]
    [InlineData(1280, 800, ColorScheme.Dark)]
    [InlineData(3840, 2160, ColorScheme.Light)]
    public async Task Who_logs_in_sees_the_slides_with_their_pictures_and_what_is_wrong_from_a_phone_to_a_large_screen(int width, int height, ColorScheme scheme)
    {
        var page = await OpenAsync("/", width, height, scheme);
        await Browser.KeepAsync(page, $"catalogue-log-in-{width}");
        await LogInAsync(page, "labAdmin", "wrong");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("wrong");
        await LogInAsync(page, "labAdmin", "right");

        await Expect(page.Locator("#slides li")).ToHaveCountAsync(3);
        await Expect(page.Locator("#findings")).ToContainTextAsync("1 cannot be read");
        await Expect(page.Locator("#slides li", new() { HasText = "broken.svs" })).ToContainTextAsync("unreadable");
        await Expect(page.Locator("#slides img")).ToHaveCountAsync(2);
        while (!await page.EvaluateAsync<bool>("() => [...document.querySelectorAll('#slides img')].every(i => i.complete && i.naturalWidth > 0)"))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await Browser.KeepAsync(page, $"catalogue-{width}");
        AssertNoComplaints();
    }

    [Fact]
    public async Task Whoever_was_given_a_password_is_asked_for_one_of_his_own_first()
    {
        var page = await OpenAsync("/", 1280, 800, ColorScheme.Light);
        await LogInAsync(page, "operator", "given");
        await page.GetByLabel("New password", new() { Exact = true }).FillAsync("x");
        await page.GetByLabel("New password again").FillAsync("y");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("not the same");
        await page.GetByLabel("New password again").FillAsync("x");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change it" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("too short");
        await Browser.KeepAsync(page, "catalogue-new-password");

        await page.GetByLabel("New password", new() { Exact = true }).FillAsync("right");
        await page.GetByLabel("New password again").FillAsync("right");
        await page.GetByRole(AriaRole.Button, new() { Name = "Change it" }).ClickAsync();

        await Expect(page.Locator("#slides li")).ToHaveCountAsync(3);
        await Expect(page.Locator("#who")).ToHaveTextAsync("operator");
    }

    [Fact]
    public async Task Slides_are_found_by_the_beginning_of_the_barcode_and_the_address_shows_the_same_again()
    {
        var page = await OpenAsync("/", 1280, 800, ColorScheme.Light);
        await LogInAsync(page, "operator", "right");
        await Expect(page.Locator("#slides li")).ToHaveCountAsync(3);

        await page.GetByRole(AriaRole.Searchbox).FillAsync("s26-1234");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#slides li")).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Expect(page.Locator("#slides li")).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Searchbox).FillAsync("nobody's");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#empty")).ToContainTextAsync("No slide is like that");
        await page.GoBackAsync();
        await Expect(page.Locator("#slides li")).ToHaveCountAsync(2);
        await page.GoBackAsync();
        await Expect(page.Locator("#slides li")).ToHaveCountAsync(3);
        AssertNoComplaints();
    }

    [Fact]
    public async Task A_link_to_a_place_in_a_slide_leads_there_once_one_has_logged_in_and_the_viewer_names_the_slide()
    {
        var slides = (System.Text.Json.Nodes.JsonArray)(await _dsr.Machine("admin").GetJsonAsync("api/slides?state=present"))["slides"]!;
        var page = await OpenAsync($"/viewer?slide={slides[0]!["id"]}#x=700&y=500&zoom=0.5", 1280, 800, ColorScheme.Light);
        await LogInAsync(page, "operator", "right");

        await Expect(page.Locator("body[data-ready=yes]")).ToHaveCountAsync(1);
        await Expect(page.Locator("#title")).ToHaveTextAsync(TestSlides.Barcode);
        Assert.Contains("x=700", page.Url, StringComparison.Ordinal);
        AssertNoComplaints();
    }

    [Fact]
    public async Task A_link_that_leads_elsewhere_after_the_log_in_leads_nowhere()
    {
        var page = await OpenAsync("/?next=/%5Cevil.example/", 1280, 800, ColorScheme.Light);
        await LogInAsync(page, "operator", "right");

        await Expect(page.Locator("#slides li")).ToHaveCountAsync(3);
        Assert.StartsWith($"https://localhost:{_dsr.Role.WebEndPoint!.Port}/", page.Url, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_slides_go_side_by_side_and_into_a_collection_and_one_is_held()
    {
        var page = await OpenAsync("/", 1280, 800, ColorScheme.Light);
        await LogInAsync(page, "labAdmin", "right");
        await Expect(page.Locator("#slides li")).ToHaveCountAsync(3);

        foreach (var slide in await page.Locator("#slides li").Filter(new() { HasNotText = "unreadable" }).GetByRole(AriaRole.Checkbox).AllAsync())
            await slide.CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to a collection" }).ClickAsync();
        await page.GetByLabel("or a new one").FillAsync("Course");
        await Browser.KeepAsync(page, "catalogue-collection");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Expect(page.Locator("select[name=collection] option", new() { HasText = "Course (2)" })).ToHaveCountAsync(1);

        await page.Locator("#slides li").Filter(new() { HasNotText = "unreadable" }).First.GetByRole(AriaRole.Button, new() { Name = "Details" }).ClickAsync();
        page.Dialog += (_, dialog) => _ = dialog.AcceptAsync("study");
        await page.GetByRole(AriaRole.Button, new() { Name = "Hold" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Release" })).ToBeVisibleAsync();
        await Browser.KeepAsync(page, "catalogue-details");
        await page.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Side by side" }).ClickAsync();
        await Expect(page.Locator("body[data-ready=yes] .pane")).ToHaveCountAsync(2);
        AssertNoComplaints();
    }

    private async Task<IPage> OpenAsync(string path, int width, int height, ColorScheme scheme)
    {
        var page = await browser.OpenAsync($"https://localhost:{_dsr.Role.WebEndPoint!.Port}{path}", width, height, scheme, _complaints);
        _pages.Add(page);
        return page;
    }

    private static async Task LogInAsync(IPage page, string name, string password)
    {
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in", Exact = true }).ClickAsync();
    }

    // The browser itself complains of each 401, which is how the page learns that somebody has to log in.
    private void AssertNoComplaints() => Assert.DoesNotContain(_complaints, complaint => !complaint.Contains("401", StringComparison.Ordinal));
}
