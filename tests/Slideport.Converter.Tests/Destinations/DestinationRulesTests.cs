using Slideport.Converter.Destinations;
using Slideport.Slides;

namespace Slideport.Converter.Tests.Destinations;

public sealed class DestinationRulesTests
{
    private static readonly SlideMetadata Slide = new()
    {
        SerialNumber = "SS1",
        Barcode = "S26-0815",
        Stains = @"hematoxylin stain\eosin stain",
        Department = "Dermatopathology",
    };

    public static TheoryData<DestinationOptions, bool> Rules => new()
    {
        { new DestinationOptions(), true },
        { new DestinationOptions { Scanner = "SS[12]" }, true },
        { new DestinationOptions { Scanner = "SS" }, false },
        { new DestinationOptions { Barcode = "S26-.*", Department = "Dermatopathology" }, true },
        { new DestinationOptions { Barcode = "S26-.*", Department = "Nephropathology" }, false },
        { new DestinationOptions { Stain = "eosin stain" }, true },
        { new DestinationOptions { Stain = "(?i)EOSIN.*" }, true },
        { new DestinationOptions { Stain = "PAS" }, false },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_slide_is_chosen_when_every_rule_matches_as_a_whole(DestinationOptions options, bool isChosen) =>
        Assert.Equal(isChosen, new DestinationRules(options).Choose(null, Slide));

    [Fact]
    public void What_a_slide_does_not_tell_matches_no_rule()
    {
        foreach (var options in (DestinationOptions[])[new() { Scanner = ".*" }, new() { Barcode = ".*" }, new() { Stain = ".*" }, new() { Department = ".*" }])
            Assert.False(new DestinationRules(options).Choose(null, new SlideMetadata()));
    }

    [Fact]
    public void The_serial_number_that_SAM_knows_goes_before_the_one_the_slide_tells() =>
        Assert.False(new DestinationRules(new DestinationOptions { Scanner = "SS1" }).Choose("SS2", Slide));
}
