using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace Slideport.Sam.Tests;

/// <summary>
/// What no HTTP client sends, over TLS with a scanner's good certificate: refused or hung up on, answered at most once, and the next one is
/// served.
/// </summary>
public sealed class HostileWireTests
{
    private const string Host = "Host: localhost\r\n";
    private const string Idle = "{\"state\":\"idle\"}";

    private const string Smuggled = "GET /scanner/configuration HTTP/1.1\r\n" + Host + "\r\n";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_two_servers_could_read_differently_is_refused_and_nothing_behind_it_is_answered()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        var wrong = new List<string>();

        foreach (var (what, request) in new[]
        {
            ("a length and chunks", Post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n" + Smuggled),
            ("chunks and a length", Post($"Transfer-Encoding: chunked\r\nContent-Length: {Smuggled.Length + 5}\r\n") + "0\r\n\r\n" + Smuggled),
            ("two lengths", Post("Content-Length: 16\r\nContent-Length: 0\r\n") + Idle + Smuggled),
            ("two lengths in one", Post("Content-Length: 16, 0\r\n") + Idle + Smuggled),
            ("a length and a word", Post("Content-Length: 16a\r\n") + Idle + Smuggled),
            ("a negative length", Post("Content-Length: -1\r\n") + Smuggled),
            ("a length beyond all", Post("Content-Length: 99999999999999999999\r\n") + Smuggled),
            ("a length of 8 EiB", Post($"Content-Length: {long.MaxValue}\r\n") + Smuggled),
            ("a length in hexadecimal", Post("Content-Length: 0x10\r\n") + Idle + Smuggled),
            ("a folded header", Post("X-A: b\r\n Transfer-Encoding: chunked\r\n") + "0\r\n\r\n" + Smuggled),
            ("a space before the colon", Post("Content-Length : 16\r\n") + Idle + Smuggled),
            ("a tab before the colon", Post("Transfer-Encoding\t: chunked\r\n") + "0\r\n\r\n" + Smuggled),
            ("a header without a colon", Post("Content-Length 16\r\n") + Smuggled),
            ("a header without a name", Post(": 16\r\n") + Smuggled),
            ("a lone line feed", Post("X-A: b\nContent-Length: 0\r\n") + Smuggled),
            ("a lone carriage return", Post("X-A: b\rContent-Length: 0\r\n") + Smuggled),
            ("NUL in a header", Post("X-A: a\0b\r\n") + Smuggled),
            ("NUL in a header's name", Post("X\0A: b\r\n") + Smuggled),
            ("chunked, but not at last", Post("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n" + Smuggled),
            ("a coding nobody knows", Post("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n" + Smuggled),
            ("chunks in HTTP/1.0", Post("Transfer-Encoding: chunked\r\n", "HTTP/1.0") + "0\r\n\r\n" + Smuggled),
            ("a chunk whose size is none", Chunked("zz\r\n" + Idle + "\r\n0\r\n\r\n") + Smuggled),
            ("a chunk of negative size", Chunked("-10\r\n" + Idle + "\r\n0\r\n\r\n") + Smuggled),
            ("a chunk beyond all", Chunked("ffffffffffffffff\r\n" + Idle + "\r\n0\r\n\r\n") + Smuggled),
            ("a chunk of 2 GiB", Chunked("80000000\r\n" + Idle + "\r\n0\r\n\r\n") + Smuggled),
            ("a chunk that does not end where it says", Chunked("10\r\n" + Idle + "more\r\n0\r\n\r\n") + Smuggled),
            ("a chunk without its size's line", Chunked("10" + Idle + "\r\n0\r\n\r\n") + Smuggled),
            ("two hosts", Post("Host: elsewhere\r\nContent-Length: 16\r\n") + Idle + Smuggled),
            ("no host", "POST /scanner/status HTTP/1.1\r\nContent-Length: 16\r\n\r\n" + Idle + Smuggled),
            ("a host that is none", Post("Content-Length: 16\r\n").Replace("localhost", "local host/../", StringComparison.Ordinal) + Idle + Smuggled),
        })
            wrong.AddRange(await WrongAnswerAsync(sam, scanner, what, request));
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(sam, scanner, Smuggled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_too_much_or_no_HTTP_is_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        var wrong = new List<string>();

        foreach (var (what, request) in new[]
        {
            ("headers of 17 KiB", Get("X-A: " + new string('a', 17 << 10) + "\r\n")),
            ("headers of 17 KiB, in many", Get(string.Concat(Enumerable.Range(0, 1700).Select(i => $"X-{i:0000}: a\r\n")))),
            ("101 headers", Get(string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: a\r\n")))),
            ("a line of 20 KB", Get("", "/scanner/configuration?" + new string('a', 20_000))),
            ("a line without end", new string('A', 1 << 16)),
            ("more than a mebibyte in chunks", Chunked(string.Concat(Enumerable.Repeat($"4000\r\n{new string(' ', 0x4000)}\r\n", 65)) + "0\r\n\r\n")),
            ("a coding that is not undone", Post("Transfer-Encoding: gzip, chunked\r\n") + "3\r\n\u001f\u008b\u0008\r\n0\r\n\r\n"),
            ("trailers without end", Chunked("10\r\n" + Idle + "\r\n0\r\n" + string.Concat(Enumerable.Repeat("X-A: " + new string('a', 1000) + "\r\n", 20)) + "\r\n")),
            ("NUL in the path", Get("", "/scanner/\0configuration")),
            ("NUL in the path, encoded", Get("", "/scanner/%00configuration")),
            ("a path without its slash", Get("", "scanner/configuration")),
            ("a path that leads out", Get("", "/../../scanner/../../etc/passwd")),
            ("a target for proxies", Smuggled.Replace("GET /scanner/configuration", "CONNECT elsewhere:443", StringComparison.Ordinal)),
            ("a star", Smuggled.Replace("GET /scanner/configuration", "OPTIONS *", StringComparison.Ordinal)),
            ("a method nobody knows", Smuggled.Replace("GET", "BREW", StringComparison.Ordinal)),
            ("a method in small letters", Smuggled.Replace("GET", "get", StringComparison.Ordinal)),
            ("a method that is none", Smuggled.Replace("GET", "G(T", StringComparison.Ordinal)),
            ("TRACE", Smuggled.Replace("GET", "TRACE", StringComparison.Ordinal)),
            ("HTTP/0.9", "GET /scanner/configuration\r\n\r\n"),
            ("HTTP/1.9", Smuggled.Replace("HTTP/1.1", "HTTP/1.9", StringComparison.Ordinal)),
            ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"),
            ("TLS in TLS", "\u0016\u0003\u0001\u0002\0\u0001\0"),
            ("DICOM", "\u0001\0\0\0\0\u0044\0\u0001"),
        })
            wrong.AddRange(await WrongAnswerAsync(sam, scanner, what, request));
        Assert.True(wrong.Count == 0, string.Join("\n\n", wrong));
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(sam, scanner, Smuggled), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_comes_a_byte_at_a_time_or_names_the_whole_address_is_answered()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var (_, scanner) = await sam.EnrolScannerAsync("SS1");
        var request = Post("Content-Length: 16\r\n") + Idle;

        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(sam, scanner, request, bytesAtOnce: 1), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AnswerAsync(sam, scanner, Get("", "https://localhost/scanner/configuration")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_is_cut_is_not_taken_wherever_it_is_cut()
    {
        await using var sam = await SamUnderTest.StartAsync(new OnSqlite());
        var (client, scanner) = await sam.EnrolScannerAsync("SS1");
        var body = System.Text.Json.JsonSerializer.Serialize(TestImage.Of("I1"), Protocol.ProtocolJson.Options);
        var request = $"PUT /scanner/images/I1 HTTP/1.1\r\n{Host}Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

        for (var left = body.Length; left > 0; left -= 37)
        {
            var answer = await AnswerAsync(sam, scanner, request[..^left]);
            Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal), answer);
        }

        await using var database = sam.Databases.CreateDbContext();
        Assert.Equal(0, await database.Images.CountAsync(Cancel));
        await client.PutImageAsync(TestImage.Of("I1"), Cancel);
        Assert.Equal(1, await database.Images.CountAsync(Cancel));
    }

    private static string Get(string headers, string target = "/scanner/configuration") => $"GET {target} HTTP/1.1\r\n{Host}{headers}\r\n";

    private static string Post(string headers, string version = "HTTP/1.1") => $"POST /scanner/status {version}\r\n{Host}Content-Type: application/json\r\n{headers}\r\n";

    private static string Chunked(string body) => Post("Transfer-Encoding: chunked\r\n") + body;

    // None when it is refused as it should be.
    private static async Task<string[]> WrongAnswerAsync(SamUnderTest sam, X509Certificate2 certificate, string what, string request)
    {
        var answer = await AnswerAsync(sam, certificate, request);
        // 505 says that this version of HTTP is not spoken here, and nothing else does.
        var isRefused = answer.Length == 0 || answer.StartsWith("HTTP/1.1 4", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 505", StringComparison.Ordinal);
        return isRefused && answer.Split("HTTP/1.1 ").Length <= 2 ? [] : [$"{what}: {answer}"];
    }

    // All that is said until the other side hangs up; empty when it hangs up at once.
    private static async Task<string> AnswerAsync(SamUnderTest sam, X509Certificate2 certificate, string request, int bytesAtOnce = int.MaxValue)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(Deadline);
        using var socket = new TcpClient { NoDelay = true };
        await socket.ConnectAsync(sam.Role.LocalEndPoint!, deadline.Token);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(sam.Tls(certificate), deadline.Token);
        var answer = new MemoryStream();
        try
        {
            foreach (var piece in Encoding.Latin1.GetBytes(request).Chunk(Math.Min(bytesAtOnce, request.Length)))
                await tls.WriteAsync(piece, deadline.Token);
            await tls.ShutdownAsync();
        }
        catch (IOException)
        {
            // Refused before all was said; what was answered can still be read.
        }

        try
        {
            await tls.CopyToAsync(answer, deadline.Token);
        }
        catch (IOException)
        {
            // The line is cut; what came before counts.
        }

        return Encoding.Latin1.GetString(answer.ToArray());
    }
}
