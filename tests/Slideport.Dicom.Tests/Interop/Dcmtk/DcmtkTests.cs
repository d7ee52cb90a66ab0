using System.Security.Cryptography.X509Certificates;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.Services.Echo;
using Slideport.Dicom.Services.Store;
using Slideport.Dicom.Tests.Part10;
using Slideport.Dicom.Tests.Services;
using Slideport.Dicom.Tests.UpperLayer;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Dicom.Tests.Interop.Dcmtk;

/// <summary>DCMTK sends to us and we send to DCMTK, in the clear and over TLS with certificates on both sides.</summary>
public sealed class DcmtkTests : IDisposable
{
    // storescu proposes one transfer syntax for compressed images only if a profile tells it to.
    private const string Profile = """
        [[TransferSyntaxes]]
        [Jpeg]
        TransferSyntax1 = JPEGBaseline
        [J2k]
        TransferSyntax1 = JPEG2000
        [Raw]
        TransferSyntax1 = LittleEndianExplicit
        [[PresentationContexts]]
        [Wsi]
        PresentationContext1 = VLWholeSlideMicroscopyImageStorage\Jpeg
        PresentationContext2 = VLWholeSlideMicroscopyImageStorage\J2k
        PresentationContext3 = VLWholeSlideMicroscopyImageStorage\Raw
        [[Profiles]]
        [WSI]
        PresentationContexts = Wsi
        """;

    private readonly TlsPeers _tls = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("slideport-dcmtk-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _tls.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Echoscu_is_answered(bool tls)
    {
        await using var listener = new ListenerUnderTest(tls: tls ? _tls.Server : null);

        var (exitCode, output) = await Dcmtk.RunAsync("echoscu", [.. Tls(tls), "-aet", "SCANNER", "-aec", "SLIDEPORT", "localhost", $"{listener.EndPoint.Port}"]);

        Assert.True(exitCode == 0, output);
        Assert.True((await listener.Store.NextClosedAsync()).Released);
    }

    [Fact]
    public async Task Echoscu_without_a_certificate_is_refused()
    {
        await using var listener = new ListenerUnderTest(tls: _tls.Server);

        var (exitCode, _) = await Dcmtk.RunAsync("echoscu", "+tla", "-ic", "-aec", "SLIDEPORT", "localhost", $"{listener.EndPoint.Port}");

        Assert.NotEqual(0, exitCode);
        Assert.Equal(AssociationEventKind.ConnectionRefused, (await listener.EventAsync(AssociationEventKind.ConnectionRefused)).Kind);
    }

    [Fact]
    public async Task Echoscu_calling_somebody_else_is_told_so()
    {
        await using var listener = new ListenerUnderTest();

        var (exitCode, output) = await Dcmtk.RunAsync("echoscu", "-v", "-aec", "SOMEONE", "localhost", $"{listener.EndPoint.Port}");

        Assert.NotEqual(0, exitCode);
        Assert.Contains("Called AE Title Not Recognized", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 16384)]
    [InlineData(true, 16384)]
    [InlineData(true, 131072)]
    public async Task Storescu_stores_a_slide_with_every_byte_of_its_data_set(bool tls, int maxPdu)
    {
        var file = Slide();
        File.WriteAllText(Path("wsi.cfg"), Profile);
        await using var listener = new ListenerUnderTest(tls: tls ? _tls.Server : null);

        var (exitCode, output) = await Dcmtk.RunAsync(
            "storescu", [.. Tls(tls), "-v", "-aec", "SLIDEPORT", "--max-pdu", $"{maxPdu}", "-xf", Path("wsi.cfg"), "WSI", "localhost", $"{listener.EndPoint.Port}", file]);

        Assert.True(exitCode == 0, output);
        var received = await listener.Store.NextAsync();
        Assert.Equal((Wire.WsiStorage, "2.25.7", Wire.JpegBaseline), (received.Request.SopClassUid, received.Request.SopInstanceUid, received.Request.TransferSyntax.Uid));
        using var sent = Part10File.Open(file);
        Assert.Equal(File.ReadAllBytes(file)[(int)sent.DataSetOffset..], received.Bytes);
    }

    [Fact]
    public async Task Storescu_is_told_when_there_is_no_room_and_goes_on_with_the_next()
    {
        await using var listener = new ListenerUnderTest();
        var isFirst = true;
        listener.Store.Begin = _ =>
        {
            var refused = isFirst;
            isFirst = false;
            return refused ? new RefusedReception(new StoreOutcome(DimseStatus.OutOfResources, "The disk is full")) : null;
        };
        File.WriteAllText(Path("wsi.cfg"), Profile);
        var file = Slide();

        var (_, output) = await Dcmtk.RunAsync(
            "storescu", "-v", "-nh", "-aec", "SLIDEPORT", "-xf", Path("wsi.cfg"), "WSI", "localhost", $"{listener.EndPoint.Port}", file, file);

        Assert.Contains("OutOfResources", output.Replace(" ", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.True((await listener.Store.NextAsync()).IsComplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Storescp_takes_what_we_send_and_keeps_every_byte(bool tls)
    {
        var port = Dcmtk.FreePort();
        var received = Directory.CreateDirectory(Path("received")).FullName;
        string[] secured = tls ? ["+tls", Key(), Certificate(), "+cf", Root()] : [];
        using var storescp = Dcmtk.Start("storescp", [.. secured, "+B", "+xa", "--max-pdu", "16384", "-od", received, $"{port}"]);
        try
        {
            await Dcmtk.ListensAsync(storescp, port);
            using var file = Part10File.Open(Slide());
            await using (var association = await Association.ConnectAsync("localhost", port, Request(file, tls), cancellationToken: Cancel))
            {
                Assert.Equal(DimseStatus.Success, await EchoScu.EchoAsync(association, Cancel));
                Assert.Equal(DimseStatus.Success, (await StoreScu.SendAsync(association, file, null, Cancel)).Status);
                await association.ReleaseAsync(Cancel);
            }

            using var kept = Part10File.Open(Assert.Single(Directory.GetFiles(received)));
            Assert.Equal(File.ReadAllBytes(file.Path)[(int)file.DataSetOffset..], File.ReadAllBytes(kept.Path)[(int)kept.DataSetOffset..]);
        }
        finally
        {
            storescp.Kill();
        }
    }

    private AssociationRequest Request(Part10File file, bool tls) => new()
    {
        CallingAETitle = "SLIDEPORT",
        CalledAETitle = "STORESCP",
        Contexts = [(Uids.Verification, TransferSyntax.ImplicitVrLittleEndian), (Uids.VLWholeSlideMicroscopyImageStorage, file.TransferSyntax)],
        Tls = tls ? TlsPolicy.ForClient("localhost", _tls.Authority.Roots, _tls.Authority.Issue(TestAuthority.Client)) : null,
    };

    // Long enough for several PDUs in either direction.
    private string Slide()
    {
        var path = Path("slide.dcm");
        File.WriteAllBytes(path, WsiFile.WithFragments(3, [], [WsiFile.Frame(1, 100_000), WsiFile.Frame(2, 150_000), WsiFile.Frame(3, 60_000)]));
        return path;
    }

    private string[] Tls(bool on) => on ? ["+tls", Key(TestAuthority.Client), Certificate(), "+cf", Root()] : [];

    private string Key(string purpose = TestAuthority.Server)
    {
        using var certificate = _tls.Authority.Issue(purpose);
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(Path("key.pem"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Certificate(), certificate.ExportCertificatePem());
        return Path("key.pem");
    }

    private string Certificate() => Path("certificate.pem");

    private string Root()
    {
        File.WriteAllText(Path("root.pem"), _tls.Authority.Roots[0].ExportCertificatePem());
        return Path("root.pem");
    }

    private string Path(string name) => System.IO.Path.Join(_folder, name);
}
