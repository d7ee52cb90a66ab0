using Slideport.Converter.Destinations;

namespace Slideport.Converter.Tests;

public sealed class ConverterOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new ConverterOptions().Validate());

    public static TheoryData<ConverterOptions, string> Wrong => new()
    {
        { new ConverterOptions { Port = 70000 }, "Converter:Port" },
        { new ConverterOptions { AETitle = " " }, "Converter:AETitle" },
        { new ConverterOptions { AETitle = "SEVENTEEN_LETTERS" }, "Converter:AETitle" },
        { new ConverterOptions { Tls = false, RequireClientCertificate = true }, "Converter:RequireClientCertificate" },
        { new ConverterOptions { MaxInstanceBytes = 5 }, "Converter:MaxInstanceBytes" },
        { new ConverterOptions { SpoolReserveBytes = -1 }, "Converter:SpoolReserveBytes" },
        { new ConverterOptions { DestinationReservePercent = 91 }, "Converter:DestinationReservePercent" },
        { With("research", new DestinationOptions { Location = "/mnt" }) with { DestinationReservePercent = 5 }, "Converter:DestinationReservePercent" },
        { new ConverterOptions { QuietTime = TimeSpan.FromSeconds(-1) }, "Converter:QuietTime" },
        { new ConverterOptions { Retention = TimeSpan.FromDays(-1) }, "Converter:Retention" },
        { new ConverterOptions { ScrubInterval = TimeSpan.FromSeconds(1) }, "Converter:ScrubInterval" },
        { new ConverterOptions { CommitmentCallbacks = new Dictionary<string, string> { ["SCANNER"] = "scanner1" } }, "Converter:CommitmentCallbacks:SCANNER" },
        { new ConverterOptions { FileNameTemplate = "{Nobody}" }, "Converter:FileNameTemplate" },
        { new ConverterOptions { ImageStoreLocation = "" }, "ImageStore:Location" },
        { new ConverterOptions { ImageStoreLocation = "smb://server" }, "ImageStore:Location" },
        { new ConverterOptions { ImageStoreLocation = "smb://server/share", Retention = TimeSpan.Zero }, "Converter:Retention" },
        { new ConverterOptions { SpoolFolder = "" }, "Converter:SpoolFolder" },
        { With("research", new DestinationOptions()), "Converter:Destinations:research: name either Location" },
        { With("research", new DestinationOptions { Location = "slides" }), "Converter:Destinations:research:Location" },
        { With("research", new DestinationOptions { Location = "smb://server" }), "Converter:Destinations:research:Location" },
        { With("no name", new DestinationOptions { Location = "/mnt" }), "Converter:Destinations:no name" },
        { With("research", new DestinationOptions { Location = "/mnt", FileNameTemplate = "{Nobody}" }), "Converter:Destinations:research:FileNameTemplate" },
        { With("research", new DestinationOptions { Location = "/mnt", Stain = "(" }), "Converter:Destinations:research:Stain" },
        { With("research", new DestinationOptions { Location = "/mnt", Deidentify = true }), "Converter:Destinations:research:KeyFile" },
        { With("research", new DestinationOptions { Location = "/mnt", KeyFile = "/etc/key" }), "Converter:Destinations:research:Deidentify" },
        { With("pacs", new DestinationOptions { Location = "/mnt", Pacs = "pacs:104", PacsTitle = "PACS", Format = OutputFormat.Dicom }), "name either Location" },
        { With("pacs", new DestinationOptions { Pacs = "https://pacs:104", PacsTitle = "PACS", Format = OutputFormat.Dicom }), "Converter:Destinations:pacs:Pacs" },
        { With("pacs", new DestinationOptions { Pacs = "pacs", PacsTitle = "PACS", Format = OutputFormat.Dicom }), "Converter:Destinations:pacs:Pacs" },
        { With("pacs", new DestinationOptions { Pacs = "pacs:104", Format = OutputFormat.Dicom }), "Converter:Destinations:pacs:PacsTitle" },
        { With("pacs", new DestinationOptions { Pacs = "pacs:104", PacsTitle = "PACS" }), "Converter:Destinations:pacs:Format" },
        { With("pacs", new DestinationOptions { Pacs = "pacs:104", PacsTitle = "PACS", Format = OutputFormat.Dicom }) with { Tls = false, RequireClientCertificate = false }, "Converter:Destinations:pacs:PacsTls" },
        { With("pacs", new DestinationOptions { Pacs = "pacs:104", PacsTitle = "PACS", Format = OutputFormat.Dicom, PacsTls = false, PacsAuthority = "/etc/pacs.pem" }), "Converter:Destinations:pacs:PacsAuthority" },
        { With("research", new DestinationOptions { Location = "smb://server/share" }) with { Retention = TimeSpan.Zero }, "Converter:Destinations:research" },
    };

    private static ConverterOptions With(string name, DestinationOptions destination) => new() { Destinations = new Dictionary<string, DestinationOptions> { [name] = destination } };

    [Fact]
    public void A_location_that_is_refused_is_not_repeated_because_it_may_hold_a_password()
    {
        var errors = new ConverterOptions { ImageStoreLocation = "smb://user:secret@server/share", FileNameTemplate = string.Join('/', Enumerable.Repeat("{Barcode}", 8)) }.Validate();

        Assert.Equal(2, errors.Count);
        Assert.DoesNotContain("secret", string.Concat(errors), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_setting_is_named_in_one_sentence(ConverterOptions options, string setting) =>
        Assert.Contains(setting, Assert.Single(options.Validate()), StringComparison.Ordinal);
}
