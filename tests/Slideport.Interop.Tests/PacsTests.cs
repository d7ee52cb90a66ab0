using System.Globalization;
using System.Text.Json;
using Slideport.Scanner.Slides;
using Slideport.Slides.DicomWsi.Writing;

namespace Slideport.Interop.Tests;

/// <summary>Slides that go on to a PACS: Orthanc, which takes responsibility, and DCMTK's storescp, which does not, or worse.</summary>
public sealed class PacsTests : IDisposable
{
    private readonly Installation _installation = new();

    public void Dispose() => _installation.Dispose();

    [Theory]
    [InlineData("Dicom")]
    [InlineData("DicomTiledFull")]
    public async Task Orthanc_takes_responsibility_on_an_association_of_its_own(string format)
    {
        Peer.Require("Orthanc");
        var folder = Path.Join(_installation.Folder, "orthanc");
        Directory.CreateDirectory(folder);
        await using var orthanc = await Orthanc.StartAsync(folder, tls: null, _installation.Port);
        await ScanAsync("ORTHANC", orthanc.DicomPort, format);

        var (_, reason) = await UntilAsync("verified");

        Assert.Contains("taken responsibility", reason, StringComparison.Ordinal);
        var instances = await orthanc.InstancesAsync();
        Assert.NotEmpty(instances);
        foreach (var instance in instances)
        {
            var text = System.Text.Encoding.Latin1.GetString(await orthanc.FileAsync(instance));
            Assert.True(format == "Dicom" || text.Contains("TILED_FULL", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("", "does not offer storage commitment")]
    [InlineData("--refuse", "")]
    [InlineData("--abort-during", "")]
    public async Task What_storescp_does_not_commit_to_stays_in_the_spool(string fault, string reason)
    {
        Peer.Require("storescp");
        var (port, taken) = (Peer.FreePort(), Path.Join(_installation.Folder, "taken"));
        Directory.CreateDirectory(taken);
        using var storescp = Peer.Start("storescp", [.. fault.Length > 0 ? (string[])[fault] : [], "+xa", "-od", taken, port.ToString(CultureInfo.InvariantCulture)]);
        await storescp.WaitForPortAsync(port);
        await ScanAsync("STORESCP", port, "Dicom");

        var (_, told) = await UntilAsync("waiting", moreThan: "Its rules chose this slide.");

        Assert.Contains(reason, told, StringComparison.Ordinal);
    }

    private async Task ScanAsync(string title, int port, string format)
    {
        var slide = Path.Join(_installation.Folder, "slide");
        VirtualStage.Scan(
            ScanSource.Generated,
            slide,
            new SlideOptions { Size = (1500, 1000), Barcode = "S26-1234", IncludeLabel = false, Writer = new WsiWriterOptions { Layout = DicomLayout.Sparse, Flush = false } },
            TestContext.Current.CancellationToken);
        await _installation.ServeAsync(
            "--Converter:Tls=false", "--Converter:RequireClientCertificate=false", $"--Converter:Destinations:pacs:Pacs=127.0.0.1:{port}", $"--Converter:Destinations:pacs:PacsTitle={title}",
            "--Converter:Destinations:pacs:PacsTls=false", $"--Converter:Destinations:pacs:Format={format}");
        await Installation.RunAsync("scan", slide, "--to", _installation.Server, "--plain", "--data", _installation.Folder);
    }

    private async Task<(string State, string Reason)> UntilAsync(string state, string moreThan = "")
    {
        var last = "";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        while (true)
        {
            last = await Installation.RunAsync("spool", "list", "--json", "--data", _installation.Folder);
            using var slides = JsonDocument.Parse(last);
            if (slides.RootElement.GetArrayLength() == 1 && slides.RootElement[0].GetProperty("destinations") is { } destinations && destinations.GetArrayLength() == 1)
            {
                var (found, reason) = (destinations[0].GetProperty("state").GetString()!, destinations[0].GetProperty("reason").GetString()!);
                if (found == state && reason != moreThan)
                    return (found, reason);
            }

            Assert.False(patience.IsCancellationRequested, last);
            await Task.Delay(200, CancellationToken.None);
        }
    }
}
