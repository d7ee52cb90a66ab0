using System.Globalization;
using System.Text.Json;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;

namespace Slideport.Tests;

/// <summary>A scanner that knows only SAM's address and a one-time code.</summary>
public sealed class FleetTests
{
    [Fact]
    public async Task A_scanner_with_a_code_learns_everything_from_SAM_and_its_slide_arrives()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();

        var first = await fleet.ScanAsync("--code", code, "--barcode", "S26-1");
        var again = await fleet.ScanAsync("--barcode", "S26-2"); // enrolled once and for all
        using var listed = JsonDocument.Parse(await fleet.AdministerAsync("scanner", "list", "--json"));

        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        Assert.True(again.ExitCode == 0, again.Output + again.Error);
        var scanner = Assert.Single(listed.RootElement.EnumerateArray());
        Assert.Equal(("SS45001", "Online", true), (scanner.GetProperty("serialNumber").GetString(), scanner.GetProperty("presence").GetString(), scanner.GetProperty("runsConfiguration").GetBoolean()));
        while (Directory.GetFiles(fleet.Images, "S26-*.svs").Length < 2)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        JsonElement[] slides;
        do
        {
            using var status = JsonDocument.Parse(await fleet.AdministerAsync("status", "--json"));
            slides = [.. status.RootElement.GetProperty("slides").EnumerateArray().Select(s => s.Clone())];
        }
        while (slides.Length < 2 || !slides.All(s => s.GetProperty("stage").GetString() == "verified"));
        Assert.All(slides, s => Assert.Equal("SS45001", s.GetProperty("serialNumber").GetString()));

        // What the lists show of it.
        var series = slides[0].GetProperty("seriesInstanceUid").GetString()!;
        Assert.Contains(series, await fleet.AdministerAsync("slides", "list", "--scanner", "SS45001", "--stage", "verified", "--json"), StringComparison.Ordinal);
        Assert.Equal("[]", (await fleet.AdministerAsync("slides", "list", "--stage", "failed", "--json")).Trim());
        Assert.Contains(slides[0].GetProperty("sha256").GetString()!, await fleet.AdministerAsync("slides", "show", series), StringComparison.Ordinal);
        using var statistics = JsonDocument.Parse(await fleet.AdministerAsync("statistics", "--scanner", "SS45001", "--by", "hour", "--json"));
        Assert.Equal(2, statistics.RootElement.EnumerateArray().Sum(hour => hour.GetProperty("images").GetInt32()));
        Assert.Contains("SS45001", await fleet.AdministerAsync("statistics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slide_is_complete_as_soon_as_the_scanners_manifest_is_fulfilled()
    {
        using var fleet = await Fleet.StartAsync("--Converter:QuietTime=12:00:00");
        var code = await fleet.AddScannerAsync();

        var scan = await fleet.ScanAsync("--code", code, "--barcode", "S26-3", "--no-commit");

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        while (Directory.GetFiles(fleet.Images, "S26-3*.svs").Length == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_SAM_says_of_a_scanners_images_is_what_scanner_and_converter_make_of_them()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();
        await fleet.AdministerAsync("config", "set", "SS45001", "images.format=dicom", "images.imageFilenameFormat={Scanner}/{Barcode:2}", "images.barcodeDelimiter=-", "images.scanScaleFactor=0.5", "time.zone=Asia/Kolkata", "--reason", "test");
        while (!await ConverterKnowsAsync(fleet, "{Scanner}/{Barcode:2}"))
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var scan = await fleet.ScanAsync("--code", code, "--barcode", "S26-4");

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        while (!Directory.Exists(Path.Join(fleet.Images, "SS45001", "4")))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        var files = Directory.GetFiles(Path.Join(fleet.Images, "SS45001", "4"));
        Assert.All(files, file => Assert.EndsWith(".dcm", file, StringComparison.Ordinal));
        Assert.Contains(1000, files.Select(file => Of(file, set => set.GetInt32(Tags.TotalPixelMatrixColumns))));
        Assert.All(files, file => Assert.Equal("+0530", Of(file, set => set.GetString(Tags.TimezoneOffsetFromUTC))));
    }

    [Fact]
    public async Task A_scanners_file_location_is_tried_and_then_its_slides_lie_there()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();
        var location = Path.Join(fleet.Folder, "share");
        Assert.Contains("There is no folder", await fleet.AdministerAsync("config", "test", "SS45001", $"images.fileLocation={location}"), StringComparison.Ordinal);
        Directory.CreateDirectory(location);
        Assert.Contains("Was written to and read back.", await fleet.AdministerAsync("config", "test", "SS45001", $"images.fileLocation={location}"), StringComparison.Ordinal);
        await fleet.AdministerAsync("config", "set", "SS45001", $"images.fileLocation={location}", "--reason", "test");
        while (!await ConverterKnowsAsync(fleet, location))
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var scan = await fleet.ScanAsync("--code", code, "--barcode", "S26-5");

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        while (Directory.GetFiles(location, "S26-5*.svs").Length == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Empty(Directory.GetFiles(fleet.Images, "*.svs"));
        JsonElement slide;
        do
        {
            using var status = JsonDocument.Parse(await fleet.AdministerAsync("status", "--json"));
            slide = status.RootElement.GetProperty("slides").EnumerateArray().Single().Clone();
        }
        while (slide.GetProperty("stage").GetString() != "verified"); // read back there
        Assert.Equal(location, slide.GetProperty("location").GetString());
    }

    [Fact]
    public async Task A_retired_scanner_is_cut_off_while_it_sends_and_not_let_in_again()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();
        Assert.Equal(0, (await fleet.ScanAsync("--code", code)).ExitCode);
        var identity = Path.Join(fleet.Folder, "scanner/scanners/SS45001");
        string[] asScanner = ["--cert", Path.Join(identity, "scanner.crt"), "--key", Path.Join(identity, "scanner.key"), "--ca", Path.Join(identity, "authority.crt")];
        Assert.Equal(0, (await SlideportProcess.RunAsync(["echo", $"localhost:{fleet.Converter}", .. asScanner])).ExitCode);

        // Would take minutes at this rate.
        var sending = SlideportProcess.RunAsync(["scan", "--to", $"localhost:{fleet.Converter}", "--size", "3000x2000", "--rate", "0.01", "--data", Path.Join(fleet.Folder, "scanner"), .. asScanner]);
        while (Directory.GetFiles(Path.Join(fleet.Folder, "data/spool/in")).Length == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await fleet.AdministerAsync("scanner", "retire", "SS45001", "--reason", "sold");

        Assert.NotEqual(0, (await sending).ExitCode);
        Assert.NotEqual(0, (await SlideportProcess.RunAsync(["echo", $"localhost:{fleet.Converter}", .. asScanner])).ExitCode);
    }

    [Fact]
    public async Task A_scanner_with_a_new_certificate_is_the_scanner_it_was()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();
        var first = await fleet.ScanAsync("--code", code);
        Assert.True(first.ExitCode == 0, first.Output + first.Error);
        Directory.Delete(Path.Join(fleet.Folder, "scanner"), recursive: true); // key and certificate are lost
        var another = (await fleet.AdministerAsync("scanner", "invite", "SS45001")).Trim().Split('\n')[^1];

        var again = await fleet.ScanAsync("--code", another);

        Assert.True(again.ExitCode == 0, again.Output + again.Error);
        var scanner = Assert.Single(Directory.GetDirectories(Path.Join(fleet.Folder, "data/spool/ready")));
        Assert.Equal(2, Directory.GetDirectories(scanner).Length);
    }

    [Fact]
    public async Task Without_a_right_PIN_no_rack_is_loaded_and_with_one_its_slides_arrive()
    {
        using var fleet = await Fleet.StartAsync();
        await fleet.AdministerAsync("config", "set", "defaults", "pinManagement.requirePin=true", "--reason", "test");
        var code = await fleet.AddScannerAsync();
        await fleet.AdministerWithInputAsync("tall giraffes dislike rain\n", "user", "add", "anna");
        await fleet.AdministerWithInputAsync("739164\n", "pin", "set", "anna", "--scanner", "SS45001");
        var (right, wrong) = (Path.Join(fleet.Folder, "right"), Path.Join(fleet.Folder, "wrong"));
        await File.WriteAllTextAsync(right, "739164\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(wrong, "480273\n", TestContext.Current.CancellationToken);

        var without = await fleet.ScanAsync("--code", code);
        var withWrong = await fleet.ScanAsync("--pin-file", wrong);
        var withRight = await fleet.ScanAsync("--pin-file", right, "--barcode", "S26-5");

        Assert.Equal((1, 1, 0), (without.ExitCode, withWrong.ExitCode, withRight.ExitCode));
        Assert.Matches("^slideport: The console is locked: enter a PIN[.] .*slideport pin set.*requirePin=false.*[.]\n$", without.Error);
        Assert.Equal("slideport: The console stays locked. This PIN lets nobody in at this scanner. Try again, or ask the Lab Admin for another.\n", withWrong.Error);
        while (Directory.GetFiles(fleet.Images, "S26-5*.svs").Length == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Single(Directory.GetFiles(fleet.Images, "*.svs"));
    }

    [Fact]
    public async Task Where_SAM_wants_valid_ids_a_slide_without_one_is_not_scanned()
    {
        using var fleet = await Fleet.StartAsync();
        await fleet.AdministerAsync("config", "set", "defaults", "images.requireValidId=true", @"images.barcodePattern=S\d+-\d+", "--reason", "test");
        var code = await fleet.AddScannerAsync();

        var without = await fleet.ScanAsync("--code", code);
        var wrong = await fleet.ScanAsync("--barcode", "X-1");
        var right = await fleet.ScanAsync("--barcode", "S26-8");

        Assert.Equal((1, 1, 0), (without.ExitCode, wrong.ExitCode, right.ExitCode));
        Assert.Contains("'X-1' is no valid id", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_scanner_whose_clock_is_wrong_sets_it_by_SAM_and_SAM_remembers_how_wrong_it_was()
    {
        using var fleet = await Fleet.StartAsync();
        var code = await fleet.AddScannerAsync();

        var scan = await fleet.ScanAsync("--code", code, "--barcode", "S26-6", "--clock-offset", "-86400", "--keep", Path.Join(fleet.Folder, "kept"));

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        using var listed = JsonDocument.Parse(await fleet.AdministerAsync("scanner", "list", "--json"));
        var offset = Assert.Single(listed.RootElement.EnumerateArray()).GetProperty("status").GetProperty("clockOffsetSeconds").GetDouble();
        Assert.InRange(offset, -3, 3); // the second exchange, after the clock was set
        var scannedAt = AcquisitionTime(Directory.GetFiles(Path.Join(fleet.Folder, "kept"), "*.dcm", SearchOption.AllDirectories)[0]);
        Assert.InRange(scannedAt, TimeProvider.System.GetLocalNow().DateTime.AddHours(-1), TimeProvider.System.GetLocalNow().DateTime);
    }

    [Fact]
    public async Task A_scanner_that_finds_no_time_server_says_so_and_scans_by_the_clock_it_has()
    {
        using var fleet = await Fleet.StartAsync("--Time:Serve=false");
        await fleet.AdministerAsync("config", "set", "defaults", "time.port=1", "--reason", "test");
        var code = await fleet.AddScannerAsync();

        var scan = await fleet.ScanAsync("--code", code, "--barcode", "S26-7", "--clock-offset", "-86400", "--keep", Path.Join(fleet.Folder, "kept"));

        Assert.True(scan.ExitCode == 0, scan.Output + scan.Error);
        Assert.Contains("clock was not set", scan.Error, StringComparison.Ordinal);
        var scannedAt = AcquisitionTime(Directory.GetFiles(Path.Join(fleet.Folder, "kept"), "*.dcm", SearchOption.AllDirectories)[0]);
        Assert.InRange(scannedAt, TimeProvider.System.GetLocalNow().DateTime.AddDays(-1).AddHours(-1), TimeProvider.System.GetLocalNow().DateTime.AddDays(-1));
    }

    [Fact]
    public async Task A_scanner_without_a_code_is_told_how_to_get_one()
    {
        using var fleet = await Fleet.StartAsync();

        var (exitCode, _, error) = await fleet.ScanAsync();

        Assert.Equal(2, exitCode);
        Assert.Contains("slideport scanner add", error, StringComparison.Ordinal);
    }

    private static T Of<T>(string path, Func<DicomDataSet, T> attribute)
    {
        using var file = Part10File.Open(path);
        return attribute(file.DataSet);
    }

    private static DateTime AcquisitionTime(string path)
    {
        var text = Of(path, set => set.GetString(Tags.AcquisitionDateTime))!;
        return DateTime.ParseExact(text[..14], "yyyyMMddHHmmss", CultureInfo.InvariantCulture);
    }

    private static async Task<bool> ConverterKnowsAsync(Fleet fleet, string text)
    {
        var known = Path.Join(fleet.Folder, "data/spool/fleet.json");
        return File.Exists(known) && (await File.ReadAllTextAsync(known, TestContext.Current.CancellationToken)).Contains(text, StringComparison.Ordinal);
    }
}
