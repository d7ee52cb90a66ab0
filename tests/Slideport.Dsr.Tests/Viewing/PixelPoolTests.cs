using Microsoft.Extensions.Time.Testing;
using Slideport.Dsr.Viewing;
using Slideport.Dsr.Viewing.Pixels;
using Slideport.Slides;
using Slideport.Slides.Svs;

namespace Slideport.Dsr.Tests.Viewing;

/// <summary>Processes that decode, and what becomes of a request when they do not do what they are there for.</summary>
public sealed class PixelPoolTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_picture_is_pasted_scaled_and_turned()
    {
        using var pool = new PixelPool(PixelProgram.Self, 1, TimeProvider.System);
        var tile = new byte[3 * 64 * 64];
        for (var at = 0; at < tile.Length; at += 3)
            (tile[at], tile[at + 1], tile[at + 2]) = at / 3 % 64 < 32 ? ((byte)255, (byte)0, (byte)0) : ((byte)0, (byte)0, (byte)255);

        // 100x64: the tile, red on its left and blue on its right, and nothing beside it.
        var made = PixelCodec.DecodeJpeg(await pool.MakeAsync(Request(100, 64, 64, tile.Length) with { OutputWidth = 50, OutputHeight = 32, Rotation = 90 }, [tile], Cancel));

        Assert.Equal((32, 50), (made.Width, made.Height));
        AssertColor(made, 16, 4, 255, 0, 0);
        AssertColor(made, 16, 26, 0, 0, 255);
        AssertColor(made, 16, 44, 255, 255, 255);
    }

    [Fact]
    public async Task A_damaged_tile_is_told_and_the_process_goes_on()
    {
        using var pool = new PixelPool(PixelProgram.Self, 1, TimeProvider.System);
        var request = Request(64, 64, 64, 3) with { Coding = TileCoding.Jpeg2000 };

        for (var i = 0; i < 2; i++)
            Assert.Contains("no readable JPEG 2000", (await Assert.ThrowsAsync<PixelException>(() => pool.MakeAsync(request, [new byte[3]], Cancel))).Message, StringComparison.Ordinal);
        Assert.NotEmpty(await pool.MakeAsync(Request(64, 64, 64, 12288), [new byte[12288]], Cancel));
    }

    [Theory]
    [InlineData("exit 3")]
    [InlineData("kill -KILL $$")]
    [InlineData("head -c 4 >/dev/null; printf '\\377\\377\\377\\377'; cat >/dev/null")] // an answer of four billion bytes
    [InlineData("printf '\\002\\000\\000\\000{}'; cat >/dev/null")] // one without a picture
    public async Task A_process_that_ends_or_lies_costs_one_picture(string script)
    {
        using var pool = new PixelPool(new PixelProgram("/bin/sh", ["-c", script]), 1, TimeProvider.System);

        for (var i = 0; i < 3; i++)
            Assert.Contains("cannot be decoded", (await Assert.ThrowsAsync<PixelException>(() => pool.MakeAsync(Request(64, 64, 64, 12288), [new byte[12288]], Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_that_is_started_ahead_has_made_a_picture()
    {
        var marks = Path.GetTempFileName();
        var script = $"echo started >>{marks}; exec '{PixelProgram.Self.Path}' {PixelAgent.Command}";
        using var viewer = new SlideViewer((_, _) => ValueTask.FromResult<SlideFile?>(null), new PixelProgram("/bin/sh", ["-c", script]), new ViewerOptions(), TimeProvider.System);

        await viewer.WarmUpAsync();
        await viewer.WarmUpAsync();

        Assert.Single(await File.ReadAllLinesAsync(marks, Cancel)); // the second found the first one's
        File.Delete(marks);
    }

    [Fact]
    public async Task A_process_that_cannot_be_started_ahead_keeps_nobody_from_starting()
    {
        using var viewer = new SlideViewer((_, _) => ValueTask.FromResult<SlideFile?>(null), new PixelProgram("/no/such/program", []), new ViewerOptions(), TimeProvider.System);

        await viewer.WarmUpAsync();
    }

    [Fact]
    public async Task A_process_that_never_answers_is_ended()
    {
        var time = new FakeTimeProvider();
        using var pool = new PixelPool(new PixelProgram("/bin/sh", ["-c", "exec sleep 1000"]), 1, time);
        var made = pool.MakeAsync(Request(64, 64, 64, 12288), [new byte[12288]], Cancel);

        time.Advance(PixelLimits.Patience);

        Assert.Contains("takes too long", (await Assert.ThrowsAsync<PixelException>(() => made)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_cannot_be_started_is_named()
    {
        using var pool = new PixelPool(new PixelProgram("/no/such/program", []), 1, TimeProvider.System);

        Assert.Contains("/no/such/program", (await Assert.ThrowsAsync<IOException>(() => pool.MakeAsync(Request(8, 8, 8, 192), [new byte[192]], Cancel))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_beyond_the_limits_ends_the_process()
    {
        using var pool = new PixelPool(PixelProgram.Self, 1, TimeProvider.System);

        await Assert.ThrowsAsync<PixelException>(() => pool.MakeAsync(Request(60_000, 60_000, 64, 3), [new byte[3]], Cancel));
        await Assert.ThrowsAsync<PixelException>(() => pool.MakeAsync(Request(64, 64, 64, 3) with { OutputWidth = 100_000 }, [new byte[3]], Cancel));
        Assert.NotEmpty(await pool.MakeAsync(Request(64, 64, 64, 12288), [new byte[12288]], Cancel));
    }

    private static PixelRequest Request(int width, int height, int tile, int bytes) => new()
    {
        Width = width,
        Height = height,
        OutputWidth = Math.Min(width, 4096),
        OutputHeight = Math.Min(height, 4096),
        TileWidth = tile,
        TileHeight = tile,
        Coding = TileCoding.Raw,
        DeclaredColor = Slides.Jpeg.ColorSpace.Rgb,
        Tiles = [new PixelTile(0, 0, bytes, IsJpeg: false)],
    };

    private static void AssertColor(RgbPicture picture, int x, int y, byte red, byte green, byte blue)
    {
        var at = 3 * (y * picture.Width + x);
        Assert.InRange(Math.Abs(picture.Pixels[at] - red) + Math.Abs(picture.Pixels[at + 1] - green) + Math.Abs(picture.Pixels[at + 2] - blue), 0, 24);
    }
}
