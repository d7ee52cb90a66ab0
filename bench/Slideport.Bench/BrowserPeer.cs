using System.Globalization;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Slideport.Bench;

/// <summary>The machine's Chromium without a window, spoken to by its DevTools protocol. It shows one page; what it keeps is gone with it.</summary>
internal sealed class BrowserPeer : IDisposable
{
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome"];

    private readonly ChildProcess _process;
    private readonly ClientWebSocket _page = new();
    private readonly byte[] _buffer = new byte[1 << 20];
    private int _asked;

    private BrowserPeer(ChildProcess process) => _process = process;

    /// <summary>Why there is none; null: there is one.</summary>
    internal static string? Missing => Array.Exists(Programs, ChildProcess.Exists) ? null : "chromium is not installed here";

    /// <summary>Starts it, with an empty page.</summary>
    /// <param name="folder">Its own, made anew.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal static async Task<BrowserPeer> StartAsync(string folder, CancellationToken cancellationToken)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        // Root may not use its sandbox; the certificates are the benchmark's own.
        var browser = new BrowserPeer(ChildProcess.Start(
            Array.Find(Programs, ChildProcess.Exists)!,
            ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--ignore-certificate-errors", "--no-first-run", "--window-size=1920,1080", "--remote-debugging-port=0", $"--user-data-dir={folder}", "about:blank"]));
        try
        {
            var portFile = Path.Join(folder, "DevToolsActivePort");
            string[] told;
            while ((told = File.Exists(portFile) ? await File.ReadAllLinesAsync(portFile, cancellationToken) : []).Length < 2)
                await Task.Delay(20, cancellationToken);
            using var http = new HttpClient();
            var pages = await http.GetFromJsonAsync<JsonArray>($"http://127.0.0.1:{told[0]}/json/list", cancellationToken);
            var page = (string)pages!.First(p => (string)p!["type"]! == "page")!["webSocketDebuggerUrl"]!;
            await browser._page.ConnectAsync(new Uri(page), cancellationToken);
            return browser;
        }
        catch
        {
            browser.Dispose();
            throw;
        }
    }

    /// <summary>Gives the page a session.</summary>
    internal Task LogInAsync(Uri at, string token, CancellationToken cancellationToken) => AskAsync(
        "Network.setCookie", new JsonObject { ["name"] = "__Host-slideport", ["value"] = token, ["url"] = at.ToString(), ["secure"] = true, ["httpOnly"] = true, ["sameSite"] = "Strict", ["path"] = "/" }, cancellationToken);

    /// <summary>Opens an address, and returns what a script in the page comes to.</summary>
    /// <param name="address">Where.</param>
    /// <param name="script">An expression, a promise as a rule.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<double> OpenAsync(Uri address, string script, CancellationToken cancellationToken)
    {
        await AskAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() }, cancellationToken);
        return await EvaluateAsync(script, cancellationToken);
    }

    /// <summary>What a script in the page comes to.</summary>
    internal async Task<double> EvaluateAsync(string script, CancellationToken cancellationToken)
    {
        var answer = await AskAsync("Runtime.evaluate", new JsonObject { ["expression"] = script, ["awaitPromise"] = true, ["returnByValue"] = true }, cancellationToken);
        return (double?)answer["result"]?["value"] ?? throw new InvalidOperationException($"The page did not come to what it should: {answer.ToJsonString()}");
    }

    public void Dispose()
    {
        _page.Dispose();
        _process.Dispose();
    }

    private async Task<JsonObject> AskAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var id = ++_asked;
        var question = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        await _page.SendAsync(System.Text.Encoding.UTF8.GetBytes(question.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
        while (true)
        {
            var answer = await ReceiveAsync(cancellationToken);
            if ((int?)answer["id"] != id)
                continue; // an event
            return (JsonObject?)answer["result"] ?? throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{method}: {answer["error"]?.ToJsonString()}"));
        }
    }

    private async Task<JsonObject> ReceiveAsync(CancellationToken cancellationToken)
    {
        var bytes = 0;
        while (true)
        {
            var part = await _page.ReceiveAsync(_buffer.AsMemory(bytes), cancellationToken);
            bytes += part.Count;
            if (part.EndOfMessage)
                return (JsonObject)JsonNode.Parse(_buffer.AsSpan(0, bytes))!;
        }
    }
}
