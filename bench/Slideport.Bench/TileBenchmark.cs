using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Files;
using Slideport.Protocol.Identity;

namespace Slideport.Bench;

/// <summary>
/// Measures what people see of a slide: its first screen from a server that has not opened it yet, one tile over and over beside nginx with the
/// same bytes in a file, and tiles from all over the slide beside OpenSlide, which decodes and codes them again.
/// </summary>
internal sealed class TileBenchmark(string program, string folder, CertificateAuthority authority, Action<string> tell)
{
    private const int Rounds = 3;
    private const int TileRounds = 7; // two threads of one core give one program now more, now less
    private const int Seconds = 5;
    private const int WarmUpSeconds = 20; // while it is compiled, step by step

    // Somebody's browser is open already; it has work of its own after it was started.
    private static readonly TimeSpan BrowserSettling = TimeSpan.FromSeconds(2);

    // A screen as they are sold.
    private const int ScreenWidth = 1920;
    private const int ScreenHeight = 1080;

    /// <summary>Runs all of it.</summary>
    /// <param name="svs">The slide.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<IReadOnlyList<BenchRow>> RunAsync(string svs, CancellationToken cancellationToken)
    {
        var rows = new List<BenchRow>();
        string[] settings = [$"--Dsr:Locations:0={Path.GetDirectoryName(svs)}"];
        string id;
        using (var server = await DsrServer.StartAsync(program, folder, authority, settings, cancellationToken))
            id = await server.FindAsync(Path.GetFileName(svs), cancellationToken);
        var first = new List<double>();
        for (var i = 0; i < Rounds; i++)
            first.Add(await FirstScreenAsync(svs, id, settings, cancellationToken));
        var seconds = Benchmark.Median(first);
        rows.Add(new BenchRow("a slide's first screen from a fresh server, cold: description and tiles", seconds, "s", null, null, "≤ 1 s", seconds <= 1));
        rows.Add(await InBrowserAsync(svs, id, settings, cancellationToken));
        if (!ChildProcess.Exists("wrk"))
            return [.. rows, new BenchRow("one tile over HTTPS", 0, "tiles/s", "wrk is not installed here", null, "≥ 0.50", null)];
        using (var server = await DsrServer.StartAsync(program, folder, authority, settings, cancellationToken))
        {
            var level = await LargestAsync(server, id, cancellationToken);
            rows.AddRange(await OneTileAsync(server, (id, level), cancellationToken));
            rows.Add(await AllOverAsync(server, svs, (id, level), cancellationToken));
        }

        return rows;
    }

    private static async Task<Level> LargestAsync(DsrServer server, string id, CancellationToken cancellationToken) => (await LevelsAsync(server, id, cancellationToken))[0];

    private static async Task<List<Level>> LevelsAsync(DsrServer server, string id, CancellationToken cancellationToken) =>
        (await server.Http.GetFromJsonAsync<JsonNode>($"slides/{id}/view", cancellationToken))!["levels"]!.AsArray()
            .Select((l, index) => new Level(index, (int)l!["width"]!, (int)l["height"]!, (int)l["tileWidth"]!, (int)l["columns"]!, (int)l["rows"]!)).ToList();

    // What a viewer asks for when it is opened: the description, then the tiles of the smallest level that fills the screen, as many as it shows.
    private async Task<double> FirstScreenAsync(string svs, string id, string[] settings, CancellationToken cancellationToken)
    {
        tell("a slide's first screen");
        using var server = await DsrServer.StartAsync(program, folder, authority, settings, cancellationToken);
        Forget(svs);
        var clock = Stopwatch.StartNew();
        var levels = await LevelsAsync(server, id, cancellationToken);
        var level = levels.LastOrDefault(l => l.Width >= ScreenWidth || l.Height >= ScreenHeight) ?? levels[0];
        var (across, down) = (Math.Min(level.Columns, (ScreenWidth / level.TileSide) + 1), Math.Min(level.Rows, (ScreenHeight / level.TileSide) + 1));
        await Task.WhenAll(Enumerable.Range(0, across * down).Select(n => server.Http.GetByteArrayAsync(
            string.Create(CultureInfo.InvariantCulture, $"slides/{id}/tiles/{level.Index}/{n % across}/{n / across}"), cancellationToken)));
        return clock.Elapsed.TotalSeconds;
    }

    // From a click on a link until the first tile is on the screen, and until all of the screen is.
    private async Task<BenchRow> InBrowserAsync(string svs, string id, string[] settings, CancellationToken cancellationToken)
    {
        const string Name = "a slide's first pixels in the browser, from a fresh server, cold";
        const string Goal = "≤ 1 s";
        if (BrowserPeer.Missing is { } missing)
            return new BenchRow(Name, 0, "s", missing, null, Goal, null);
        var (first, whole) = (new List<double>(), new List<double>());
        for (var i = 0; i < Rounds; i++)
        {
            tell("a slide in the browser");
            using var server = await DsrServer.StartAsync(program, folder, authority, settings, cancellationToken);
            using var browser = await BrowserPeer.StartAsync(Path.Join(folder, "browser"), cancellationToken);
            await browser.LogInAsync(server.Web, server.Token, cancellationToken);
            await Task.Delay(BrowserSettling, cancellationToken);
            Forget(svs);
            // Milliseconds since the page was asked for; a frame later it is on the screen.
            var shown = await browser.OpenAsync(new Uri(server.Web, $"viewer?slide={id}"), Until("viewer.world.getItemAt(0).getTilesToDraw().length > 0"), cancellationToken);
            first.Add(shown / 1000);
            whole.Add(await browser.EvaluateAsync(Until("viewer.world.getItemAt(0).getFullyLoaded()"), cancellationToken) / 1000);
        }

        var seconds = Benchmark.Median(first);
        return new BenchRow(Name, seconds, "s", string.Create(CultureInfo.InvariantCulture, $"Chromium, no graphics processor; the whole screen: {Benchmark.Median(whole):0.00} s"), null, Goal, seconds <= 1);
    }

    private static string Until(string condition) =>
        $$"""
        new Promise(done => {
          const look = () => {
            const viewer = window.OpenSeadragon?.getViewer(document.querySelector('.slide'));
            if (viewer?.world.getItemCount() > 0 && {{condition}}) requestAnimationFrame(() => done(performance.now()));
            else requestAnimationFrame(look);
          };
          look();
        })
        """;

    private static void Forget(string svs)
    {
        using var file = DurableFile.OpenRead(svs);
        DurableFile.Flush(file);
        DurableFile.ForgetCached(file);
    }

    private async Task<BenchRow[]> OneTileAsync(DsrServer server, (string Id, Level Level) slide, CancellationToken cancellationToken)
    {
        const string Name = "one tile over HTTPS, 16 connections";
        var path = string.Create(CultureInfo.InvariantCulture, $"slides/{slide.Id}/tiles/0/{slide.Level.Columns / 2}/{slide.Level.Rows / 2}");
        var tile = await server.Http.GetByteArrayAsync(path, cancellationToken);
        var files = Path.Join(folder, "tiles");
        Directory.CreateDirectory(files);
        await File.WriteAllBytesAsync(Path.Join(files, "tile.jpg"), tile, cancellationToken);
        var ours = new List<WrkResult>();
        var theirs = new List<WrkResult>();
        using var nginx = NginxPeer.Missing is null ? await NginxPeer.StartAsync(Path.Join(folder, "nginx"), files, authority, cancellationToken) : null;
        await AskAsync(server, $"\"/{path}\"", WarmUpSeconds, cancellationToken);
        for (var i = 0; i < TileRounds; i++)
        {
            tell($"one tile, round {i + 1} of {TileRounds}");
            ours.Add(await AskAsync(server, $"\"/{path}\"", Seconds, cancellationToken));
            if (nginx is not null)
                theirs.Add(await Wrk.AskAsync(Script, nginx.Address, "\"/tile.jpg\"", null, Seconds, cancellationToken));
        }

        var (rate, p99) = (Benchmark.Median([.. ours.Select(r => r.Rate)]), Benchmark.Median([.. ours.Select(r => r.P99)]));
        var nginxRate = theirs.Count == 0 ? (double?)null : Benchmark.Median([.. theirs.Select(r => r.Rate)]);
        return
        [
            new BenchRow(Name, rate, "tiles/s", NginxPeer.Missing ?? string.Create(CultureInfo.InvariantCulture, $"nginx, the same {tile.Length} bytes from a file: {nginxRate:0} tiles/s"), rate / nginxRate, "≥ 0.50", nginxRate is null ? null : rate / nginxRate >= 0.5),
            new BenchRow($"{Name}: p99", p99, "ms", theirs.Count == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"nginx: {Benchmark.Median([.. theirs.Select(r => r.P99)]):0.0} ms"), null, "≤ 10 ms", p99 <= 10),
        ];
    }

    private async Task<BenchRow> AllOverAsync(DsrServer server, string svs, (string Id, Level Level) slide, CancellationToken cancellationToken)
    {
        const string Name = "tiles all over the slide, over HTTPS";
        var path = string.Create(CultureInfo.InvariantCulture, $"\"/slides/{slide.Id}/tiles/0/\" .. math.random(0, {slide.Level.Columns - 1}) .. \"/\" .. math.random(0, {slide.Level.Rows - 1})");
        var (ours, theirs) = (new List<double>(), new List<double>());
        for (var i = 0; i < Rounds; i++)
        {
            tell($"tiles all over the slide, round {i + 1} of {Rounds}");
            ours.Add((await AskAsync(server, path, Seconds, cancellationToken)).Rate);
            if (await OpenSlidePeer.RateAsync(svs, slide.Level.TileSide, Seconds, cancellationToken) is { } rate)
                theirs.Add(rate);
        }

        var us = Benchmark.Median(ours);
        if (theirs.Count == 0)
            return new BenchRow(Name, us, "tiles/s", "python3-openslide is not installed here", null, "≥ 10", null);
        var them = Benchmark.Median(theirs);
        return new BenchRow(Name, us, "tiles/s", string.Create(CultureInfo.InvariantCulture, $"OpenSlide's DeepZoomGenerator, a process per core: {them:0} tiles/s"), us / them, "≥ 10", us / them >= 10);
    }

    private string Script => Path.Join(folder, "wrk.lua");

    private Task<WrkResult> AskAsync(DsrServer server, string path, int seconds, CancellationToken cancellationToken) =>
        Wrk.AskAsync(Script, server.Web, path, server.Token, seconds, cancellationToken);

    private sealed record Level(int Index, int Width, int Height, int TileSide, int Columns, int Rows);
}
