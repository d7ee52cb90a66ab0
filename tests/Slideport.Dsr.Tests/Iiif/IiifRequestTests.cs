using Slideport.Dsr.Iiif;
using Slideport.Dsr.Viewing.Pixels;

namespace Slideport.Dsr.Tests.Iiif;

/// <summary>The examples of the IIIF Image API 3.0, on its picture of 300x200 pixels.</summary>
public sealed class IiifRequestTests
{
    [Theory]
    [InlineData("full", 0, 0, 300, 200)]
    [InlineData("square", 50, 0, 200, 200)]
    [InlineData("125,15,120,140", 125, 15, 120, 140)]
    [InlineData("pct:41.6,7.5,40,70", 125, 15, 120, 140)]
    [InlineData("125,15,200,200", 125, 15, 175, 185)]
    [InlineData("pct:41.6,7.5,66.6,100", 125, 15, 175, 185)]
    public void Regions(string region, int x, int y, int width, int height) =>
        Assert.Equal((x, y, width, height), Parsed(region, "max", "0", "default.jpg").Region);

    [Theory]
    [InlineData("max", 300, 200)]
    [InlineData("^max", 4096, 2731)]
    [InlineData("150,", 150, 100)]
    [InlineData("^360,", 360, 240)]
    [InlineData(",150", 225, 150)]
    [InlineData("^,240", 360, 240)]
    [InlineData("pct:50", 150, 100)]
    [InlineData("^pct:120", 360, 240)]
    [InlineData("225,100", 225, 100)]
    [InlineData("^360,360", 360, 360)]
    [InlineData("!225,100", 150, 100)]
    [InlineData("!600,600", 300, 200)]
    [InlineData("^!360,360", 360, 240)]
    public void Sizes(string size, int width, int height)
    {
        var form = Parsed("full", size, "0", "default.jpg").Form;
        Assert.Equal((width, height), (form.Width, form.Height));
    }

    [Theory]
    [InlineData("0", 0, false)]
    [InlineData("180", 180, false)]
    [InlineData("90", 90, false)]
    [InlineData("!0", 0, true)]
    [InlineData("!180", 180, true)]
    public void Rotations(string rotation, int degrees, bool isMirrored)
    {
        var form = Parsed("full", "max", rotation, "default.jpg").Form;
        Assert.Equal((degrees, isMirrored), (form.Rotation, form.IsMirrored));
    }

    [Fact]
    public void Qualities_and_formats()
    {
        Assert.Equal((PictureColors.All, PictureFormat.Jpeg), Colors("color.jpg"));
        Assert.Equal((PictureColors.Gray, PictureFormat.Png), Colors("gray.png"));
        Assert.Equal((PictureColors.Bitonal, PictureFormat.Jpeg), Colors("bitonal.jpg"));
    }

    [Theory]
    [InlineData("300,0,10,10", "max", "0", "default.jpg", "The region")]
    [InlineData("0,0,0,10", "max", "0", "default.jpg", "The region")]
    [InlineData("0,0,10", "max", "0", "default.jpg", "The region")]
    [InlineData("-1,0,10,10", "max", "0", "default.jpg", "The region")]
    [InlineData("0,0,99999999999,10", "max", "0", "default.jpg", "The region")]
    [InlineData("pct:NaN,0,10,10", "max", "0", "default.jpg", "The region")]
    [InlineData("full", "full", "0", "default.jpg", "The size")]
    [InlineData("full", "0,", "0", "default.jpg", "without pixels")]
    [InlineData("full", "pct:0", "0", "default.jpg", "without pixels")]
    [InlineData("full", "^5000,5000", "0", "default.jpg", "larger than 4096x4096")]
    [InlineData("full", "301,", "0", "default.jpg", "would enlarge")]
    [InlineData("full", "pct:101", "0", "default.jpg", "would enlarge")]
    [InlineData("full", "!100,", "0", "default.jpg", "The size")]
    [InlineData("full", ",", "0", "default.jpg", "The size")]
    [InlineData("full", "1,2,3", "0", "default.jpg", "The size")]
    [InlineData("full", "max", "22.5", "default.jpg", "The rotation")]
    [InlineData("full", "max", "-90", "default.jpg", "The rotation")]
    [InlineData("full", "max", "0", "native.jpg", "is none of default")]
    [InlineData("full", "max", "0", "default.webp", "is none of default")]
    [InlineData("full", "max", "0", "default", "is none of default")]
    public void What_cannot_be_asked_is_told_in_a_sentence(string region, string size, string rotation, string qualityAndFormat, string expected)
    {
        Assert.Null(IiifRequest.Parse((300, 200), region, size, rotation, qualityAndFormat, out var problem));
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    private static (PictureColors, PictureFormat) Colors(string text) => (Parsed("full", "max", "0", text).Form.Colors, Parsed("full", "max", "0", text).Form.Format);

    private static IiifRequest Parsed(string region, string size, string rotation, string qualityAndFormat)
    {
        var parsed = IiifRequest.Parse((300, 200), region, size, rotation, qualityAndFormat, out var problem);
        Assert.True(parsed is not null, problem);
        return parsed;
    }
}
