using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Slideport.Protocol.Identity;

namespace Slideport.Bench;

/// <summary>
/// Measures how long people wait for an answer of a catalogue of a million slides: each kind of question a hundred times over HTTPS, one after the
/// other, each time about something else. On SQLite and on PostgreSQL; the rows are made by SQL.
/// </summary>
internal sealed class SearchBenchmark(string program, string folder, CertificateAuthority authority, Action<string> tell)
{
    private const int Slides = 1_000_000;
    private const int Cases = 200_000;
    private const int Patients = 80_000;
    private const int Scanners = 20;
    private const int Asked = 100;
    private const int WarmUp = 5; // of each kind, while it is compiled
    private const int Collections = 10;
    private const int PageOfCollection = 500;

    private static readonly string[] Stains = ["HE", "KI67", "PAS", "CD20", "HER2", "GIEMSA"];
    private static readonly string[] States = ["present", "missing", "changed", "unreadable"];
    private static readonly DateTimeOffset FirstScan = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan BetweenScans = TimeSpan.FromSeconds(31);

    private readonly Random _random = new(1);

    /// <summary>Runs all of it.</summary>
    internal async Task<IReadOnlyList<BenchRow>> RunAsync(CancellationToken cancellationToken)
    {
        var data = Path.Join(folder, "dsr.db");
        var sqlite = await MeasureAsync(
            "SQLite", 200, [],
            file => ChildProcess.RunAsync("python3", ["-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(open(sys.argv[2]).read())", data, file], cancellationToken),
            "lower(hex(randomblob(16)))", cancellationToken);
        if (PostgreSqlPeer.Missing is { } missing)
            return [sqlite, new BenchRow(Name("PostgreSQL"), 0, "ms", missing, null, "≤ 100 ms", null)];
        using var postgres = await PostgreSqlPeer.StartAsync(cancellationToken);
        string[] settings = ["--Dsr:Database:Provider=PostgreSql", $"--Dsr:Database:ConnectionString={postgres.ConnectionString}"];
        await ChildProcess.RunAsync(program, ["database", "update", "--of", "dsr", "--data", folder, .. settings], cancellationToken);
        return [sqlite, await MeasureAsync("PostgreSQL", 100, settings, file => postgres.RunAsync(file, cancellationToken), "md5(random()::text || n)", cancellationToken)];
    }

    private static string Name(string database) => $"search in {Slides / 1_000_000} million slides, {database}: p99 of all questions";

    private async Task<BenchRow> MeasureAsync(string database, double goal, string[] settings, Func<string, Task> run, string id, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.Join(folder, "none"));
        settings = [.. settings, $"--Dsr:Locations:0={Path.Join(folder, "none")}"];
        using (await DsrServer.StartAsync(program, folder, authority, settings, cancellationToken))
            tell($"{database}: a million slides"); // it makes its tables
        var file = Path.Join(folder, "slides.sql");
        await File.WriteAllTextAsync(file, Sql(id), cancellationToken);
        await run(file);
        using var server = await DsrServer.StartAsync(program, folder, authority, settings, cancellationToken);
        await FillCollectionsAsync(server, cancellationToken);
        tell($"{database}: questions");
        var all = new Dictionary<string, List<double>>();
        foreach (var (kind, question) in Kinds())
        {
            for (var i = 0; i < WarmUp; i++)
                await AskAsync(server, question(), cancellationToken);
            all[kind] = [];
            for (var i = 0; i < Asked; i++)
                all[kind].Add(await AskAsync(server, question(), cancellationToken));
        }

        all["deep pages"] = await TurnPagesAsync(server, cancellationToken);
        var p99 = P99(all.Values.SelectMany(v => v));
        var slowest = all.OrderByDescending(k => P99(k.Value)).Take(3).Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Key} {P99(k.Value):0} ms"));
        return new BenchRow(Name(database), p99, "ms", $"the slowest kinds: {string.Join(", ", slowest)}", null, string.Create(CultureInfo.InvariantCulture, $"≤ {goal} ms"), p99 <= goal);
    }

    // What people ask, about something else each time.
    private IEnumerable<(string Kind, Func<string> Question)> Kinds()
    {
        var barcode = Barcode();
        for (var length = 1; length <= barcode.Length; length++)
        {
            var beginning = length;
            yield return ($"barcode, {beginning} characters", () => Barcode() is var b ? $"api/slides?barcode={Uri.EscapeDataString(b[..Math.Min(beginning, b.Length)])}" : "");
        }

        yield return ("accession", () => $"api/slides?accession={Accession()}");
        yield return ("patient", () => string.Create(CultureInfo.InvariantCulture, $"api/slides?patient=PAT{1_000_000 + _random.Next(Patients)}"));
        yield return ("barcode and patient", () => string.Create(CultureInfo.InvariantCulture, $"api/slides?barcode=S26-{_random.Next(1, 3)}&patient=PAT{1_000_000 + _random.Next(Patients)}"));
        yield return ("stain", () => $"api/slides?stain={Stain()}");
        yield return ("stain, scanner and a month", () => $"api/slides?stain={Stain()}&scanner={Scanner()}&{Month()}");
        yield return ("stain and scanner", () => $"api/slides?stain={Stain()}&scanner={Scanner()}");
        yield return ("scanner and a month", () => $"api/slides?scanner={Scanner()}&{Month()}");
        yield return ("newest", () => "api/slides");
        yield return ("state", () => $"api/slides?state={States[_random.Next(States.Length)]}");
        yield return ("state and scanner", () => $"api/slides?state={States[_random.Next(States.Length)]}&scanner={Scanner()}");
        yield return ("delivered by nobody", () => "api/slides?delivered=false");
        yield return ("findings", () => "api/findings");
        yield return ("collections", () => "api/collections");
    }

    // From the newest on, and from the beginning of a barcode on, hundreds of pages deep.
    private static async Task<List<double>> TurnPagesAsync(DsrServer server, CancellationToken cancellationToken)
    {
        var seconds = new List<double>();
        foreach (var question in new[] { "api/slides?take=500", "api/slides?barcode=S26&take=500" })
        {
            var next = "";
            for (var i = 0; i < Asked; i++)
            {
                var began = Stopwatch.GetTimestamp();
                var page = await server.Http.GetFromJsonAsync<JsonNode>($"{question}{next}", cancellationToken);
                seconds.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                next = $"&after={Uri.EscapeDataString((string)page!["next"]!)}";
            }
        }

        return seconds;
    }

    private async Task FillCollectionsAsync(DsrServer server, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Collections; i++)
        {
            using var added = await server.Http.PostAsJsonAsync("api/collections", new { name = $"{Guid.NewGuid():n}" }, cancellationToken);
            added.EnsureSuccessStatusCode();
            var id = (string)(await added.Content.ReadFromJsonAsync<JsonNode>(cancellationToken))!["id"]!;
            var page = await server.Http.GetFromJsonAsync<JsonNode>($"api/slides?barcode={Barcode()[..6]}&take={PageOfCollection}", cancellationToken);
            var slides = page!["slides"]!.AsArray().Select(s => (string)s!["id"]!).ToArray();
            using var put = await server.Http.PostAsJsonAsync($"api/collections/{id}/slides", new { slides }, cancellationToken);
            put.EnsureSuccessStatusCode();
        }
    }

    private static async Task<double> AskAsync(DsrServer server, string question, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        using var answer = await server.Http.GetAsync(question, cancellationToken);
        await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double P99(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count * 99 / 100] : 0;

    private string Accession() => string.Create(CultureInfo.InvariantCulture, $"S26-{100_000 + _random.Next(Cases)}");

    private string Barcode() => string.Create(CultureInfo.InvariantCulture, $"{Accession()};A{_random.Next(5)};{Stain()}");

    private string Stain() => Stains[_random.Next(Stains.Length)];

    private string Scanner() => string.Create(CultureInfo.InvariantCulture, $"SS45{100 + _random.Next(Scanners)}");

    private string Month()
    {
        var from = FirstScan + (BetweenScans * _random.Next(Slides));
        return string.Create(CultureInfo.InvariantCulture, $"from={from:yyyy-MM-dd}T00:00:00Z&until={from.AddDays(30):yyyy-MM-dd}T00:00:00Z");
    }

    // Instants are microseconds since 1970; the same text for both databases, but for an id.
    private static string Sql(string id)
    {
        string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
        var stain = $"CASE n % {Stains.Length} {string.Concat(Stains.Select((s, i) => $"WHEN {Text(i)} THEN '{s}' "))}END";
        var scanned = $"{Text(FirstScan.ToUnixTimeMilliseconds() * 1000)} + n * {Text((long)BetweenScans.TotalMicroseconds)}";
        return $"""
            WITH RECURSIVE numbers(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < {Text(Slides)}),
            made AS (
              SELECT n, {id} AS id, 'S26-' || CAST(100000 + (n * 7919) % {Text(Cases)} AS TEXT) AS accession, {stain} AS stain, {scanned} AS scanned,
                'PAT' || CAST(1000000 + ((n * 7919) % {Text(Cases)}) % {Text(Patients)} AS TEXT) AS patient, '2.25.' || CAST(1000000000 + n AS TEXT) AS uid
              FROM numbers)
            INSERT INTO "Slides" ("Id", "Place", "Name", "State", "IsDelivered", "Bytes", "LastWrite", "Sha256", "ScrubbedAt", "ScrubTriedAt", "Changes", "CataloguedAt", "Format", "Barcode", "Accession", "PatientId", "Stain",
              "ScannerSerialNumber", "ScannerModel", "ScanTime", "SeriesInstanceUid", "StudyInstanceUid", "ImageId", "Width", "Height", "MicronsPerPixel", "ObjectivePower",
              "HasThumbnail", "HasLabel", "HasMacro", "BarcodeKey", "AccessionKey", "PatientKey", "StainKey")
            SELECT id, '/elsewhere', uid || '.svs', CASE WHEN n % 500 = 0 THEN 'Missing' WHEN n % 701 = 0 THEN 'Changed' WHEN n % 907 = 0 THEN 'Unreadable' ELSE 'Present' END,
              n % 20 <> 0, 1000000000 + n, scanned, '{new string('a', 64)}', scanned, scanned, 0, scanned, 'Svs', accession || ';A' || CAST(n % 5 AS TEXT) || ';' || stain, accession, patient, stain,
              'SS45' || CAST(100 + n % {Text(Scanners)} AS TEXT), 'GT450', scanned, uid, uid || '.1', uid, 92000, 70000, 0.26, 40,
              n > 0, n > 0, n > 0, accession || ';A' || CAST(n % 5 AS TEXT) || ';' || stain, accession, patient, stain
            FROM made;

            """;
    }
}
