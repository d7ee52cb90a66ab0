using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slideport.Converter.Delivery;
using Slideport.Converter.Sam;
using Slideport.Converter.Spool;
using Slideport.Dicom.UpperLayer;
using Slideport.Protocol.Configuration;
using Slideport.Protocol.Fleet;

namespace Slideport.Converter.Tests.Sam;

public sealed class KnownScannersTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-fleet-").FullName;
    private readonly X509Certificate2 _certificate = NewCertificate();
    private ImageStores? _stores;

    private string Thumbprint => _certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    private string Identity => "cert:" + Thumbprint.ToUpperInvariant();

    [Fact]
    public void What_SAM_said_still_holds_after_a_restart_without_SAM()
    {
        using (var folder = SpoolFolder.Open(_root))
            Open(folder, new ConverterOptions()).Learn(new ScannerFleet([Scanner(new ImagesSettings { Format = ImageFormat.Dicom })], [new string('a', 64)]));

        using var again = SpoolFolder.Open(_root);
        var scanners = Open(again, new ConverterOptions());

        Assert.Equal("SS1", scanners.SerialNumberOf(Identity));
        Assert.Equal(OutputFormat.Dicom, scanners.SettingsOf(Identity).Format);
        Assert.False(scanners.IsRevoked(_certificate));
    }

    [Fact]
    public void A_revoked_certificate_stays_revoked_after_a_restart_without_SAM()
    {
        using (var folder = SpoolFolder.Open(_root))
            Open(folder, new ConverterOptions()).Learn(new ScannerFleet([], [Thumbprint]));

        using var again = SpoolFolder.Open(_root);

        Assert.True(Open(again, new ConverterOptions()).IsRevoked(_certificate));
    }

    [Fact]
    public void A_template_of_a_newer_SAM_holds_up_that_scanners_slides_and_no_other_word_of_SAM()
    {
        using var folder = SpoolFolder.Open(_root);
        var scanners = Open(folder, new ConverterOptions());

        scanners.Learn(new ScannerFleet([Scanner(new ImagesSettings { ImageFilenameFormat = "{Moon}" }), new FleetScanner("SS2", ["ef"], new ImagesSettings { Format = ImageFormat.Dicom })], [Thumbprint]));

        Assert.Contains("Moon", scanners.SettingsOf(Identity).Problem, StringComparison.Ordinal);
        Assert.Equal((null, OutputFormat.Dicom), (scanners.SettingsOf("cert:EF").Problem, scanners.SettingsOf("cert:EF").Format));
        Assert.True(scanners.IsRevoked(_certificate));
    }

    [Fact]
    public void A_file_location_of_SAMs_counts_and_the_converters_own_is_its_own_by_whichever_name()
    {
        using var folder = SpoolFolder.Open(_root);
        var scanners = Open(folder, new ConverterOptions());

        scanners.Learn(new ScannerFleet([Scanner(new ImagesSettings { FileLocation = "/mnt/slides" }), new FleetScanner("SS2", ["ef"], new ImagesSettings { FileLocation = _root + "/x/../images/" })], []));

        Assert.Equal("/mnt/slides", scanners.SettingsOf(Identity).Location);
        Assert.Null(scanners.SettingsOf("cert:EF").Location);
        Assert.Null(scanners.SettingsOf("cert:SOMEBODY").Location);
        Assert.Equal(["/mnt/slides"], scanners.Locations);
    }

    [Theory]
    [InlineData(150, true)]
    [InlineData(225, false)]
    public void A_name_that_Windows_programs_cannot_open_at_the_real_location_holds_the_slides_up(int chars, bool isGood)
    {
        using var folder = SpoolFolder.Open(_root);
        var scanners = Open(folder, new ConverterOptions { FileNameTemplate = "{Date}" });

        scanners.Learn(new ScannerFleet([Scanner(new ImagesSettings { FileLocation = "/mnt/".PadRight(chars, 'x') })], []));

        Assert.Equal(isGood, scanners.SettingsOf(Identity).Problem is null);
    }

    [Fact]
    public void A_scanner_with_a_renewed_certificate_is_the_scanner_it_was()
    {
        using var folder = SpoolFolder.Open(_root);
        var scanners = Open(folder, new ConverterOptions());
        PeerIdentity Showing(string thumbprint) => new(new IPEndPoint(IPAddress.Loopback, 1), "SCANNER", "SLIDEPORT", thumbprint, "CN=SS1");
        Assert.Equal(["cert:AB"], scanners.IdentitiesOf(Showing("AB")));

        scanners.Learn(new ScannerFleet([new FleetScanner("SS1", ["ab", "cd"], new ImagesSettings())], []));

        Assert.Equal(["scanner:SS1", "cert:AB", "cert:CD"], scanners.IdentitiesOf(Showing("AB")));
        Assert.Equal(["scanner:SS1", "cert:AB", "cert:CD"], scanners.IdentitiesOf(Showing("CD")));
        Assert.Equal("SS1", scanners.SerialNumberOf("scanner:SS1"));
    }

    [Fact]
    public void Where_SAM_says_nothing_the_converters_own_settings_hold()
    {
        using var folder = SpoolFolder.Open(_root);
        var scanners = Open(folder, new ConverterOptions { Format = OutputFormat.Dicom, BarcodeDelimiter = "-" });
        scanners.Learn(new ScannerFleet([Scanner(new ImagesSettings())], []));

        Assert.Equal((OutputFormat.Dicom, "-"), (scanners.SettingsOf(Identity).Format, scanners.SettingsOf(Identity).BarcodeDelimiter));
        Assert.Equal(OutputFormat.Dicom, scanners.SettingsOf("cert:SOMEBODY").Format);
        Assert.Null(scanners.SerialNumberOf("cert:SOMEBODY"));
    }

    public void Dispose()
    {
        _stores?.Dispose();
        _certificate.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=SS1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
    }

    private KnownScanners Open(SpoolFolder folder, ConverterOptions options)
    {
        _stores ??= new ImageStores(folder, Path.Join(_root, "images"), Path.Join(_root, "smb"));
        return new KnownScanners(folder, _stores, options);
    }

    private FleetScanner Scanner(ImagesSettings images) => new("SS1", [Thumbprint], images);
}
