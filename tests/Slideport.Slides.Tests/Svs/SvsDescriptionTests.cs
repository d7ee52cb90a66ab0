using Slideport.Slides.Jpeg;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Slides.Tests.Svs;

public sealed class SvsDescriptionTests
{
    private const string Gt450 =
        "Aperio Leica Biosystems GT450 v1.0.0 \r\n62094x36729 [0,0,62094x36729] (256x256) JPEG/YCC Q=91|AppMag = 40|Date = 03/17/2021"
        + "|Exposure Scale = 0.000001|Exposure Time = 8|Filtered = 3|Focus Offset = -0.500000|Gamma = 2.2|Left = 32.792793273926|MPP = 0.263852"
        + "|Rack = 2|ScanScope ID = SS12042|Slide = 12|StripeWidth = 4096|Time = 13:27:46|Time Zone = GMT+0800|Top = 14.066833496094";

    [Fact]
    public void A_GT_450_description_survives_reading_and_writing_unchanged()
    {
        var description = SvsDescription.Parse(Gt450);

        Assert.Equal("Aperio Leica Biosystems GT450 v1.0.0", description.Banner);
        Assert.Equal("62094x36729 [0,0,62094x36729] (256x256) JPEG/YCC Q=91", description.Geometry);
        Assert.Equal(0.263852, description.MicronsPerPixel);
        Assert.Equal(40, description.Magnification);
        Assert.Equal(new DateTime(2021, 3, 17, 13, 27, 46), description.ScanTime);
        Assert.Equal(TimeSpan.FromHours(8), description.TimeZone);
        Assert.Equal("SS12042", description.Find("ScanScope ID"));
        Assert.Null(description.Find("Barcode"));
        Assert.Equal(Gt450, description.ToString());
    }

    [Theory]
    [InlineData("GMT+0800", 480)]
    [InlineData("GMT-05:30", -330)]
    [InlineData("GMT+429496729200", null)]
    [InlineData("GMT+9900", null)]
    [InlineData("GMT+0 80", null)]
    [InlineData("", null)]
    public void Time_zone_is_read_or_unknown(string text, int? minutes)
    {
        var zone = SvsDescription.Parse($"Aperio\r\n1x1|Time Zone = {text}").TimeZone;

        Assert.Equal(minutes, (int?)zone?.TotalMinutes);
    }

    [Theory]
    [InlineData("12/29/09", "09:59:15", "2009-12-29T09:59:15")]
    [InlineData("12/29/2009", "", "2009-12-29T00:00:00")]
    [InlineData("31/12/2009", "09:59:15", null)]
    public void Scan_time_is_read_or_unknown(string date, string time, string? expected)
    {
        var scan = SvsDescription.Parse($"Aperio\r\n1x1|Date = {date}|Time = {time}").ScanTime;

        Assert.Equal(expected, scan?.ToString("s"));
    }

    [Theory]
    [InlineData("0,25")]
    [InlineData("-1")]
    [InlineData("NaN")]
    [InlineData("1e999")]
    [InlineData("")]
    public void A_scale_that_is_no_positive_number_is_unknown(string mpp) =>
        Assert.Null(SvsDescription.Parse($"Aperio\r\n1x1|MPP = {mpp}").MicronsPerPixel);

    [Fact]
    public void Segments_without_form_are_left_out()
    {
        var description = SvsDescription.Parse("Aperio|| = |a|b=c=d|");

        Assert.Equal("", description.Geometry);
        Assert.Equal([new("", ""), new("b", "c=d")], description.Properties);
        Assert.Equal("Aperio \r\n|b = c-d", description.ToString());
    }

    [Fact]
    public void Written_text_is_ASCII_with_one_equals_sign_a_segment()
    {
        var description = new SvsDescription("Aperio Image Library (Slideport)", "1x1", [
            new("Title", "M\u00fcller | A=B\r\nx\0y \U0001F600"), new("AppMag", "40"), new("Empty", " "), new("\r\n", "x")]);

        Assert.Equal("Aperio Image Library (Slideport) \r\n1x1|AppMag = 40|Title = M?ller / A-B  x y ?", description.ToString());
    }

    [Fact]
    public void Geometry_tells_the_coding()
    {
        Assert.Equal(
            "46000x32914 [0,0,46000x32914] (256x256) JPEG/YCC Q=70",
            SvsDescription.FormatGeometry(46000, 32914, 256, 256, TiffCompression.Jpeg, ColorSpace.YCbCr, 70));
        Assert.EndsWith("JPEG/RGB", SvsDescription.FormatGeometry(1, 1, 1, 1, TiffCompression.Jpeg, ColorSpace.Rgb, null), StringComparison.Ordinal);
        Assert.EndsWith("J2K/KDU", SvsDescription.FormatGeometry(1, 1, 1, 1, TiffCompression.Jpeg2000Rgb, ColorSpace.Rgb, null), StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_have_a_dot_and_six_decimals_or_none()
    {
        Assert.Equal("0.250000", SvsDescription.FormatNumber(0.25));
        Assert.Equal("40", SvsDescription.FormatNumber(40));
        Assert.Equal("100000", SvsDescription.FormatNumber(1e5));
    }

    [Fact]
    public void Label_and_macro_are_named_on_the_second_line()
    {
        var text = SvsDescription.FormatAssociated("Aperio Image Library", "macro", 1280, 431);

        Assert.Equal("Aperio Image Library\nmacro 1280x431", text);
        Assert.True(SvsDescription.NamesImage(text, "macro"));
        Assert.False(SvsDescription.NamesImage(text, "label"));
        Assert.True(SvsDescription.NamesImage("Aperio \r\nlabel 1x1", "label"));
        Assert.False(SvsDescription.NamesImage("Aperio", "label"));
        Assert.False(SvsDescription.NamesImage("Aperio\nlabelled", "label"));
    }
}
