using Slideport.Dicom.Part10;
using Slideport.Scanner.Slides;
using Slideport.Slides.DicomWsi.Writing;

namespace Slideport.Interop.Tests;

/// <summary>The whole chain with real peers on either end: what comes in from them, what they take from us, what readers see in our SVS.</summary>
public sealed class ChainTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData(DicomLayout.Full)]
    [InlineData(DicomLayout.Sparse)]
    public async Task A_scanned_slide_shows_its_pixels_in_four_readers(DicomLayout layout)
    {
        Peer.Require(Python, "vips");
        var slide = Slide(layout, label: true);
        await _installation.ServeAsync();

        await Installation.RunAsync(["scan", slide, "--to", _installation.Server, "--data", _installation.Folder, "--keep", Path.Join(_installation.Folder, "sent")]);

        await AssertPixelsAsync(await _installation.DeliveredAsync(), Path.Join(_installation.Folder, "sent", "scan-0"));
    }

    [Fact]
    public async Task Storescu_sends_over_TLS_and_the_SVS_shows_its_pixels()
    {
        Peer.Require("storescu", Python, "vips");
        var slide = Slide(DicomLayout.Full, label: true);
        var (certificate, key) = _installation.ClientFiles("DCMTK");
        await _installation.ServeAsync();
        var contexts = Path.Join(_installation.Folder, "contexts.cfg");
        await File.WriteAllTextAsync(contexts, StorescuContexts, TestContext.Current.CancellationToken);

        await Peer.RunAsync("storescu",
        [
            "+tls", key, certificate, "+cf", _installation.Authority, "-xf", contexts, "Default", "-aec", "SLIDEPORT", "--max-pdu", "131072",
            "127.0.0.1", _installation.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), .. Directory.GetFiles(slide, "*.dcm"),
        ]);

        await AssertPixelsAsync(await _installation.DeliveredAsync(), slide);
    }

    [Fact]
    public async Task Orthanc_sends_over_TLS_and_the_SVS_shows_its_pixels()
    {
        Peer.Require("Orthanc", Python, "vips");
        var slide = Slide(DicomLayout.Full, label: true);
        await _installation.ServeAsync();
        await using var orthanc = await StartOrthancAsync(_installation.ClientFiles("ORTHANC"));
        foreach (var file in Directory.GetFiles(slide, "*.dcm"))
            await orthanc.UploadAsync(file);

        await orthanc.SendAllAsync();

        await AssertPixelsAsync(await _installation.DeliveredAsync(), slide);
    }

    [Fact]
    public async Task Orthanc_takes_what_the_virtual_scanner_sends_over_TLS()
    {
        Peer.Require("Orthanc");
        var slide = Slide(DicomLayout.Sparse, label: true);
        await using var orthanc = await StartOrthancAsync(_installation.ServerFiles("orthanc"));

        await Installation.RunAsync(
            ["scan", slide, "--to", $"localhost:{orthanc.DicomPort}", "--aec", "ORTHANC", "--no-commit", "--data", _installation.Folder]);

        Assert.Equal(Directory.GetFiles(slide, "*.dcm").Length, (await orthanc.InstancesAsync()).Length);
    }

    [Fact]
    public async Task Storescp_keeps_byte_for_byte_what_the_virtual_scanner_sends_over_TLS()
    {
        Peer.Require("storescp");
        var slide = Slide(DicomLayout.Full, label: false);
        var (certificate, key) = _installation.ServerFiles("storescp");
        var (port, taken, sent) = (Peer.FreePort(), Path.Join(_installation.Folder, "taken"), Path.Join(_installation.Folder, "sent"));
        Directory.CreateDirectory(taken);
        using var storescp = Peer.Start("storescp",
            "+tls", key, certificate, "+cf", _installation.Authority, "+B", "+xa", "--max-pdu", "131072", "-od", taken, port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await storescp.WaitForPortAsync(port);

        await Installation.RunAsync(["scan", slide, "--to", $"localhost:{port}", "--no-commit", "--no-label", "--data", _installation.Folder, "--keep", sent]);

        Assert.Equal(DataSets(Path.Join(sent, "scan-0")), DataSets(taken));
    }

    private static SortedSet<string> DataSets(string folder) => [.. Part10File.List(folder).Select(path =>
    {
        using var file = Part10File.Open(path);
        using var stream = File.OpenRead(path);
        stream.Position = file.DataSetOffset;
        return Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(stream));
    })];

    private static async Task AssertPixelsAsync(string svs, string dicomFolder)
    {
        var (exitCode, output) = await Peer.TryRunAsync(Python, Path.Join(AppContext.BaseDirectory, "Oracle", "compare_pixels.py"), svs, dicomFolder);
        Assert.True(exitCode == 0, output);
        Assert.Contains("\"thumbnail\"", output, StringComparison.Ordinal);
    }

    private Task<Orthanc> StartOrthancAsync((string Certificate, string Key) files)
    {
        var folder = Path.Join(_installation.Folder, "orthanc");
        Directory.CreateDirectory(folder);
        return Orthanc.StartAsync(folder, (files.Certificate, files.Key, _installation.Authority), _installation.Port);
    }

    private string Slide(DicomLayout layout, bool label)
    {
        var folder = Path.Join(_installation.Folder, "slide");
        VirtualStage.Scan(
            ScanSource.Generated,
            folder,
            new SlideOptions { Size = (3000, 2000), Barcode = "S26-1234", IncludeLabel = label, Writer = new WsiWriterOptions { Layout = layout, Flush = false } },
            TestContext.Current.CancellationToken);
        return folder;
    }

    // storescu proposes one transfer syntax per context only when told so (PS3.8 lets the acceptor choose among several).
    private const string StorescuContexts = """
        [[TransferSyntaxes]]
        [Jpeg]
        TransferSyntax1 = JPEGBaseline
        [Raw]
        TransferSyntax1 = LittleEndianExplicit
        [[PresentationContexts]]
        [Wsi]
        PresentationContext1 = VLWholeSlideMicroscopyImageStorage\Jpeg
        PresentationContext2 = VLWholeSlideMicroscopyImageStorage\Raw
        [[Profiles]]
        [Default]
        PresentationContexts = Wsi
        """;
}
