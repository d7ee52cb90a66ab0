using System.Net;
using Slideport.Dsr.Tests.Viewing;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;

namespace Slideport.Dsr.Tests.Iiif;

public sealed class IiifApiTests : IAsyncLifetime
{
    private ViewerHost _host = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _host = await ViewerHost.StartAsync();
        _id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (1000, 702), (250, 175)));
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_slide_is_described_with_the_tiles_that_are_stored()
    {
        using var answer = await _host.Client.GetAsync($"/iiif/3/{_id}/info.json", TestContext.Current.CancellationToken);
        using var redirect = await _host.Client.GetAsync($"/iiif/3/{_id}", TestContext.Current.CancellationToken);
        var info = await _host.JsonAsync($"/iiif/3/{_id}/info.json");

        Assert.Equal("application/ld+json", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal(["*"], answer.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.Equal((HttpStatusCode.SeeOther, $"{_host.Client.BaseAddress}iiif/3/{_id}/info.json"), (redirect.StatusCode, redirect.Headers.Location!.ToString()));
        Assert.Equal($"{_host.Client.BaseAddress}iiif/3/{_id}", info.GetProperty("id").GetString());
        Assert.Equal((1000, 702), (info.GetProperty("width").GetInt32(), info.GetProperty("height").GetInt32()));
        // The level of 250x175 is one of 250x176 as IIIF counts; beyond it the tile shows all.
        Assert.Equal("[1,4,8]", info.GetProperty("tiles")[0].GetProperty("scaleFactors").GetRawText());
    }

    [Fact]
    public async Task A_stored_tile_is_handed_on()
    {
        Assert.Equal(await _host.BytesAsync($"/slides/{_id}/tiles/0/2/1"), await _host.BytesAsync($"/iiif/3/{_id}/256,128,128,128/128,128/0/default.jpg"));
        Assert.Equal(await _host.BytesAsync($"/slides/{_id}/tiles/1/0/0"), await _host.BytesAsync($"/iiif/3/{_id}/0,0,512,512/128,/0/color.jpg"));
    }

    [Theory]
    [InlineData("0,0,1000,702/250,/0", 250, 176)]
    [InlineData("100,100,300,200/max/90", 200, 300)]
    [InlineData("896,640,104,62/104,62/0", 104, 62)]
    [InlineData("square/^!1404,1404/!270", 1404, 1404)]
    public async Task Other_parts_are_made_in_the_size_that_is_asked_for(string asked, int width, int height)
    {
        var picture = PixelCodec.DecodeJpeg(await _host.BytesAsync($"/iiif/3/{_id}/{asked}/default.jpg"));

        Assert.Equal((width, height), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task A_part_shows_what_is_there()
    {
        var picture = PixelCodec.DecodeJpeg(await _host.BytesAsync($"/iiif/3/{_id}/100,200,300,150/150,75/0/default.jpg"));

        var expected = PixelCodec.Resize(WrittenSvs.Window(100, 200, 300, 150, 1000, 702), 150, 75);
        Assert.InRange(Enumerable.Range(0, picture.Pixels.Length).Average(i => Math.Abs(picture.Pixels[i] - expected.Pixels[i])), 0, 2);
    }

    [Fact]
    public async Task Gray_is_gray_and_PNG_is_PNG()
    {
        var bytes = await _host.BytesAsync($"/iiif/3/{_id}/0,0,100,100/max/0/gray.png");

        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        using var image = NetVips.Image.NewFromBuffer(bytes);
        var pixels = image.WriteToMemory<byte>();
        Assert.All(Enumerable.Range(0, pixels.Length / 3), i => Assert.True(pixels[3 * i] == pixels[3 * i + 1] && pixels[3 * i] == pixels[3 * i + 2]));
    }

    [Fact]
    public async Task What_is_too_large_is_refused_with_the_reason()
    {
        var (status, sentence) = await _host.ProblemAsync($"/iiif/3/{_id}/full/^9000,/0/default.jpg");

        Assert.Equal(400, status);
        Assert.Contains("larger than 4096x4096", sentence, StringComparison.Ordinal);
    }
}
