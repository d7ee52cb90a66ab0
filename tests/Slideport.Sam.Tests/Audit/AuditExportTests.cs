using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Microsoft.EntityFrameworkCore;
using Slideport.Http.Export;
using Slideport.Sam.Audit;
using Slideport.Sam.Database;

namespace Slideport.Sam.Tests.Audit;

/// <summary>What is exported, read back by programs that are not ours.</summary>
public abstract class AuditExportTests(TestDatabase testDatabase)
{
    private static readonly string[] Nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a\r\nforged,line", "\u001B[2J", "quote\"quote", "comma,comma", "Zoë 😀 ñ", "\u2028", "<x a='1'>&amp;]]>", ""];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task JSON_lines_hold_every_field_as_it_is()
    {
        await using var sam = await NastyAsync();
        var (text, entries) = await ExportAllAsync(sam, "json");

        var read = await ReadAsync(text, "import json,sys; print(json.dumps([json.loads(l) for l in open(sys.argv[1], 'rb')]))");

        Assert.Equal(entries.Select(e => (e.Sequence, e.Actor, e.Object, e.Before, e.After, e.Hash)), read.Select(r =>
            ((long)r!["sequence"]!, (string)r["actor"]!, (string)r["object"]!, (string?)r["before"], (string?)r["after"], (string)r["hash"]!)));
        Assert.All(entries.Zip(read), pair => Assert.Equal(pair.First.At, DateTimeOffset.Parse((string)pair.Second!["at"]!, System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal("audit.export", (string)read[^1]!["action"]!); // itself
    }

    [Fact]
    public async Task In_CSV_nothing_is_a_formula_and_nothing_spans_lines()
    {
        await using var sam = await NastyAsync();
        var (text, entries) = await ExportAllAsync(sam, "csv");

        var read = await ReadAsync(text, "import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1], encoding='utf-8', newline='')))))");

        Assert.Equal(entries.Count, read.Count);
        Assert.Equal(entries.Count + 1, Encoding.UTF8.GetString(text).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain(Encoding.UTF8.GetString(text).Replace("\r\n", "", StringComparison.Ordinal), char.IsControl);
        Assert.All(read.SelectMany(r => r!.AsObject()), cell => Assert.DoesNotMatch("^[=+@\t\r-]", (string?)cell.Value ?? ""));
        Assert.All(entries.Zip(read), pair => Assert.EndsWith(OneLine.Of(pair.First.Object), (string)pair.Second!["object"]!, StringComparison.Ordinal));
        Assert.Contains(read, r => (string)r!["object"]! == "'=1+1");
        Assert.Contains(read, r => (string)r!["object"]! == "a\\u000D\\u000Aforged,line");
    }

    [Fact]
    public async Task DICOM_audit_messages_are_a_document_a_line()
    {
        await using var sam = await NastyAsync();
        var (text, entries) = await ExportAllAsync(sam, "dicom");

        var lines = Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(entries.Count, lines.Length);
        Assert.All(entries.Zip(lines), pair =>
        {
            var message = XDocument.Parse(pair.Second).Root!;
            Assert.Equal(OneLine.Of(pair.First.Actor), (string)message.Element("ActiveParticipant")!.Attribute("UserID")!);
            var after = message.Descendants("ParticipantObjectDetail").FirstOrDefault(d => (string)d.Attribute("type")! == "After");
            Assert.True(pair.First.Object.Length == 0 || pair.First.After == (after is null ? null : Encoding.UTF8.GetString(Convert.FromBase64String((string)after.Attribute("value")!))));
        });
    }

    [Fact]
    public async Task Only_what_is_asked_for_is_exported_and_who_asked_is_entered()
    {
        await using var sam = await NastyAsync();

        var lines = Encoding.UTF8.GetString(await ExportAsync(sam, "json", "&action=test.*&actor=user:x")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(Nasty.Length, lines.Length);
        Assert.All(lines, line => Assert.Equal("test.nasty", (string)JsonNode.Parse(line)!["action"]!));
        var note = (await EntriesAsync(sam))[^1];
        Assert.Equal(("role:admin", "audit.export", "json; actor user:x; action test.*"), (note.Actor, note.Action, note.After));
    }

    [Fact]
    public async Task Another_format_is_refused()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var admin = sam.Admin();

        using var response = await admin.GetAsync("api/audit/export?format=pdf", Cancel);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
    }

    [Fact]
    public async Task More_entries_than_are_read_at_once_come_in_order_without_a_gap()
    {
        await using var sam = await SamUnderTest.StartAsync(testDatabase);
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);
        await writer.WriteAsync(writing =>
        {
            for (var i = 0; i < 4100; i++)
                writing.Audit(Slideport.Sam.Audit.Actor.System, "test.entry", "");
            return Task.FromResult(true);
        }, Cancel);

        var lines = Encoding.UTF8.GetString(await ExportAsync(sam, "json", "&action=test.entry")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        var numbers = lines.Select(l => (long)JsonNode.Parse(l)!["sequence"]!).ToList();
        Assert.Equal(Enumerable.Range(0, 4100).Select(i => numbers[0] + i), numbers);
    }

    private async Task<SamUnderTest> NastyAsync()
    {
        var sam = await SamUnderTest.StartAsync(testDatabase);
        using var writer = new SamWriter(sam.Databases, TimeProvider.System);
        await writer.WriteAsync(writing =>
        {
            foreach (var text in Nasty)
                writing.Audit(new Actor("user:x", text), "test.nasty", text, text, text);
            foreach (var text in Nasty)
                writing.Audit(new Actor(text, ""), text, "object");
            return Task.FromResult(true);
        }, Cancel);
        return sam;
    }

    private static async Task<byte[]> ExportAsync(SamUnderTest sam, string format, string filter = "")
    {
        using var admin = sam.Admin();
        return await admin.GetByteArrayAsync($"api/audit/export?format={format}{filter}", Cancel);
    }

    // What it holds ends with the entry of the export itself; SAM may have signed a head of the trail before it, and may after it.
    private static async Task<(byte[] Text, List<AuditEntry> Entries)> ExportAllAsync(SamUnderTest sam, string format)
    {
        var text = await ExportAsync(sam, format);
        var entries = await EntriesAsync(sam);
        return (text, entries[..(entries.FindIndex(e => e.Action == "audit.export") + 1)]);
    }

    private static async Task<List<AuditEntry>> EntriesAsync(SamUnderTest sam)
    {
        await using var database = sam.Databases.CreateDbContext();
        return await database.Audit.AsNoTracking().OrderBy(e => e.Sequence).ToListAsync(Cancel);
    }

    // Python, which knows nothing of us, reads the file and tells what it read.
    private static async Task<JsonArray> ReadAsync(byte[] export, string script)
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python))
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", "python3 is not installed.");
            Assert.Fail("python3 is not installed.");
        }

        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, export, Cancel);
            var start = new ProcessStartInfo(Python) { RedirectStandardOutput = true, ArgumentList = { "-c", script, path } };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync(Cancel);
            await process.WaitForExitAsync(Cancel);
            Assert.Equal(0, process.ExitCode);
            return JsonSerializer.Deserialize<JsonArray>(output)!;
        }
        finally
        {
            File.Delete(path);
        }
    }
}

public sealed class AuditExportTestsOnSqlite() : AuditExportTests(new OnSqlite());

public sealed class AuditExportTestsOnPostgreSql(PostgreSqlServer server) : AuditExportTests(new OnPostgreSql(server));

public sealed class AuditExportTestsOnSqlServer(SqlServerInstance server) : AuditExportTests(new OnSqlServer(server));
