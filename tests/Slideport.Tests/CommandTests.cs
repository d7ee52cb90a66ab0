using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Slideport.Scanner.Slides;

namespace Slideport.Tests;

public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-commands-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Commands => ["demo", "serve", "scan", "convert", "info", "verify", "echo", "spool", "scanner", "config", "user", "database", "bench"];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Every_command_explains_itself_with_an_example(string command)
    {
        var (exitCode, output, _) = await SlideportProcess.RunAsync(command, "--help");

        Assert.Equal(0, exitCode);
        Assert.Contains($"Example: slideport {command}", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "no-such-command")]
    [InlineData(2, "scan")]
    [InlineData(2, "echo", "localhost")]
    [InlineData(2, "info", "/no/such/slide.svs")]
    [InlineData(2, "convert", "/no/such/slide.svs", "--out", "/tmp/never.svs")]
    [InlineData(2, "spool", "list")]
    [InlineData(2, "spool", "retry", "k7d2")]
    [InlineData(2, "serve", "--Converter:Prot=1")]
    [InlineData(2, "serve", "--Converter:AETitle=SEVENTEEN_LETTERS")]
    [InlineData(2, "serve", "--Converter:Port=0", "--Converter:Port=70000")]
    [InlineData(2, "serve", "--Time:LocalStratum=16")]
    [InlineData(2, "serve", "--roles", "coffee")]
    [InlineData(2, "serve", "--Monitoring:Address=0.0.0.0")]
    [InlineData(2, "serve", "--Monitoring:Address=*")]
    [InlineData(2, "serve", "--Monitoring:OtlpEndpoint=http://collector.lab:4318")]
    [InlineData(3, "echo", "localhost:1", "--plain")]
    public async Task A_failure_is_one_sentence_and_an_exit_code(int expected, params string[] arguments)
    {
        var (exitCode, _, error) = await SlideportProcess.RunAsync([.. arguments, "--data", _folder]);

        Assert.Equal(expected, exitCode);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("slideport: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_misspelt_setting_is_told_with_the_nearest_one()
    {
        var (_, _, error) = await SlideportProcess.RunAsync("serve", "--Converter:Prot=1", "--data", _folder);

        Assert.Contains("did you mean Converter:Port?", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_with_the_way_out()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var (exitCode, _, error) = await SlideportProcess.RunAsync(
            "serve", "--roles", "converter", "--data", _folder, "--Converter:Address=127.0.0.1", $"--Converter:Port={((IPEndPoint)taken.LocalEndpoint).Port}");

        Assert.Equal(3, exitCode);
        Assert.Contains("--Converter:Port", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_demo_takes_a_slide_from_the_scanner_to_an_SVS_and_proves_it()
    {
        var (exitCode, output, error) = await SlideportProcess.RunAsync("demo", "--once", "--data", _folder, "--Converter:Port=0");

        Assert.True(exitCode == 0, output + error);
        Assert.Matches("All [0-9]+ tiles are the same", output);
        Assert.Single(Directory.GetFiles(Path.Join(_folder, "images"), "*.svs"));
    }

    [Fact]
    public async Task The_spool_is_shown_and_a_slide_in_it_tried_again_without_stopping_or_starting_anything()
    {
        await SlideportProcess.RunAsync("demo", Slide(), "--once", "--data", _folder, "--Converter:Port=0");
        var record = Assert.Single(Directory.GetFiles(Path.Join(_folder, "spool", "ready"), "slide.json", SearchOption.AllDirectories));
        var id = Path.GetFileName(Path.GetDirectoryName(record))!;

        var shown = await SlideportProcess.RunAsync("spool", "list", "--data", _folder);
        var delivered = await SlideportProcess.RunAsync("spool", "retry", id, "--data", _folder);
        var text = await File.ReadAllTextAsync(record, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(record, System.Text.RegularExpressions.Regex.Replace(text, "\"state\": \"[A-Za-z]+\",\n  \"since\"", "\"state\": \"Failed\",\n  \"since\""), TestContext.Current.CancellationToken);
        var failed = await SlideportProcess.RunAsync("spool", "retry", id[..6], "--data", _folder);
        using var listed = JsonDocument.Parse((await SlideportProcess.RunAsync("spool", "list", "--json", "--data", _folder)).Output);

        Assert.Contains(id[..8], shown.Output, StringComparison.Ordinal);
        Assert.Equal(1, delivered.ExitCode);
        Assert.True(failed.ExitCode == 0, failed.Output + failed.Error);
        Assert.Contains("No converter runs", failed.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Join(_folder, "spool", "requests", id + ".retry")));
        Assert.Equal("failed", Assert.Single(listed.RootElement.EnumerateArray()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task The_template_names_the_file_by_barcode_rack_and_slot()
    {
        var (exitCode, output, error) = await SlideportProcess.RunAsync(
            "demo", Slide(rack: 2, slot: 7), "--once", "--data", _folder, "--Converter:Port=0", "--Converter:FileNameTemplate={Barcode}/{Rack}-{Slot}");

        Assert.True(exitCode == 0, output + error);
        Assert.EndsWith("/2-7.svs", Assert.Single(Directory.GetFiles(Path.Join(_folder, "images"), "*.svs", SearchOption.AllDirectories)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slide_converts_to_SVS_and_back_and_each_is_proved()
    {
        var (dicom, svs, again) = (Slide(), Path.Join(_folder, "slide.svs"), Path.Join(_folder, "again"));

        Assert.Equal(0, (await SlideportProcess.RunAsync("convert", dicom, "--out", svs)).ExitCode);
        Assert.Equal(0, (await SlideportProcess.RunAsync("convert", svs, "--out", again)).ExitCode);
        Assert.Equal(0, (await SlideportProcess.RunAsync("verify", dicom, svs)).ExitCode);
        Assert.Equal(0, (await SlideportProcess.RunAsync("verify", svs, again)).ExitCode);
    }

    [Fact]
    public async Task A_slide_is_put_into_TILED_FULL_and_that_is_proved()
    {
        var (dicom, full) = (Slide(), Path.Join(_folder, "full"));

        Assert.Equal(0, (await SlideportProcess.RunAsync("convert", dicom, "--out", full)).ExitCode);

        Assert.Equal(0, (await SlideportProcess.RunAsync("verify", dicom, full)).ExitCode);
    }

    [Fact]
    public async Task A_changed_tile_is_found_and_told()
    {
        var (dicom, svs) = (Slide(), Path.Join(_folder, "slide.svs"));
        await SlideportProcess.RunAsync("convert", dicom, "--out", svs);
        using (var file = File.OpenHandle(svs, FileMode.Open, FileAccess.ReadWrite))
        {
            // Tile data begins behind the 16-byte header; some way in lies the entropy-coded part of a tile.
            var one = new byte[1];
            RandomAccess.Read(file, one, 5000);
            one[0] ^= 0x10;
            RandomAccess.Write(file, one, 5000);
        }

        var (exitCode, output, _) = await SlideportProcess.RunAsync("verify", dicom, svs);

        Assert.Equal(1, exitCode);
        Assert.Contains("Not the same", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_ever_overwritten()
    {
        var (dicom, svs) = (Slide(), Path.Join(_folder, "slide.svs"));
        await File.WriteAllTextAsync(svs, "mine", TestContext.Current.CancellationToken);

        var (exitCode, _, _) = await SlideportProcess.RunAsync("convert", dicom, "--out", svs);

        Assert.Equal(2, exitCode);
        Assert.Equal("mine", await File.ReadAllTextAsync(svs, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Answers_for_programs_are_one_JSON_document()
    {
        var (dicom, svs) = (Slide(), Path.Join(_folder, "slide.svs"));

        foreach (var arguments in (string[][])[["convert", dicom, "--out", svs], ["info", svs], ["info", dicom], ["verify", dicom, svs]])
        {
            using var answer = JsonDocument.Parse((await SlideportProcess.RunAsync([.. arguments, "--json"])).Output);
            Assert.NotEqual(JsonValueKind.Null, answer.RootElement.ValueKind);
        }
    }

    private string Slide(int? rack = null, int? slot = null)
    {
        var folder = Path.Join(_folder, "dicom");
        VirtualStage.Scan(ScanSource.Generated, folder, new SlideOptions { Size = (2000, 1500), Rack = rack, Slot = slot }, TestContext.Current.CancellationToken);
        return folder;
    }
}
