using System.Net;
using Slideport.Dsr.Viewing;
using Slideport.ImageStore;
using Slideport.Slides;
using Slideport.Slides.Svs;
using Slideport.Slides.Tiff;
using Slideport.Slides.Viewing;

namespace Slideport.Dsr.Tests.Viewing;

public sealed class ViewerApiTests : IAsyncLifetime
{
    private ViewerHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ViewerHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("slide=0123456789abcdef0123456789abcdef", "</slides/0123456789abcdef0123456789abcdef/view>; rel=preload; as=fetch; crossorigin")]
    [InlineData("slide=0123456789abcdef0123456789abcdeg", "")]
    [InlineData("slide=%3E;rel=preload&beside=x%0D%0AX-Y:1", "")]
    [InlineData("slide=0123456789abcdef0123456789abcdef&slide=0123456789abcdef0123456789abcdef", "")]
    [InlineData("", "")]
    public async Task The_page_names_what_it_will_ask_of_its_slides_and_nothing_else(string query, string expected)
    {
        using var page = await _host.Client.GetAsync($"viewer?{query}", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(expected, page.Headers.TryGetValues("Link", out var links) ? string.Join(", ", links) : "");
    }

    [Fact]
    public async Task A_slide_is_described()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (900, 700), (225, 175)));

        var view = await _host.JsonAsync($"/slides/{id}/view");

        Assert.Equal(("svs", 0.25, 40), (view.GetProperty("format").GetString(), view.GetProperty("micronsPerPixel").GetDouble(), view.GetProperty("objectivePower").GetDouble()));
        var level = view.GetProperty("levels")[1];
        Assert.Equal([225, 175, 128, 128, 2, 2, 4], ((string[])["width", "height", "tileWidth", "tileHeight", "columns", "rows", "downsample"]).Select(n => level.GetProperty(n).GetInt32()));
        Assert.Equal("thumbnail", view.GetProperty("pictures")[0].GetProperty("kind").GetString());
        Assert.Equal("#ffffff", view.GetProperty("background").GetString());
    }

    [Fact]
    public async Task A_tile_is_the_stored_one_and_is_kept_by_its_version()
    {
        var path = RealSlides.Path("CMU-1-Small-Region.svs");
        var id = _host.Add("a.svs", to => File.Copy(path, to));
        using var slide = SlideSource.Open(path);
        using var stored = new SlideView(slide.Single()).Levels[0].Read(2, 3);
        var version = (await _host.JsonAsync($"/slides/{id}/view")).GetProperty("version").GetString();

        using var tile = await _host.Client.GetAsync($"/slides/{id}/tiles/0/2/3?v={version}", TestContext.Current.CancellationToken);
        using var unnamed = await _host.Client.GetAsync($"/slides/{id}/tiles/0/2/3", TestContext.Current.CancellationToken);
        using var again = new HttpRequestMessage(HttpMethod.Get, $"/slides/{id}/tiles/0/2/3") { Headers = { IfNoneMatch = { tile.Headers.ETag! } } };
        using var known = await _host.Client.SendAsync(again, TestContext.Current.CancellationToken);

        Assert.Equal(stored.Bytes.ToArray(), await tile.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("image/jpeg", tile.Content.Headers.ContentType?.MediaType);
        Assert.False(tile.Headers.ETag!.IsWeak);
        Assert.Equal("max-age=31536000, private, immutable", string.Join(", ", tile.Headers.CacheControl!.ToString()));
        Assert.Equal("no-cache, private", unnamed.Headers.CacheControl!.ToString());
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
        Assert.Empty(await known.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(TiffCompression.None)]
    [InlineData(TiffCompression.Jpeg2000Rgb)]
    public async Task A_tile_that_browsers_cannot_decode_is_made_a_JPEG(TiffCompression compression)
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, compression, (300, 200)));

        var made = PixelCodec.DecodeJpeg(await _host.BytesAsync($"/slides/{id}/tiles/0/1/1"));
        var again = PixelCodec.DecodeJpeg(await _host.BytesAsync($"/slides/{id}/tiles/0/1/1"));

        var expected = WrittenSvs.Window(128, 128, 128, 128, 300, 200);
        Assert.Equal((128, 128), (made.Width, made.Height));
        Assert.InRange(Enumerable.Range(0, made.Pixels.Length).Max(i => Math.Abs(made.Pixels[i] - expected.Pixels[i])), 0, 8); // JPEG of quality 90
        Assert.Equal(made.Pixels, again.Pixels);
    }

    [Theory]
    [InlineData("label")]
    [InlineData("macro")]
    [InlineData("thumbnail")]
    public async Task Pictures_beside_the_slide_show_what_OpenSlide_shows(string kind)
    {
        var path = RealSlides.Path("CMU-1-Small-Region.svs");
        var id = _host.Add("a.svs", to => File.Copy(path, to));
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, await _host.BytesAsync($"/slides/{id}/pictures/{kind}"), TestContext.Current.CancellationToken);

        const string Script = """
            import sys, numpy, openslide
            from PIL import Image
            theirs = openslide.OpenSlide(sys.argv[1]).associated_images[sys.argv[2]].convert('RGB')
            ours = Image.open(sys.argv[3]).convert('RGB')
            print(ours.size == theirs.size, numpy.abs(numpy.asarray(ours, dtype=int) - numpy.asarray(theirs, dtype=int)).mean())
            """;
        var answer = (await Python.RunAsync("openslide, numpy, PIL", Script, path, kind, file)).Split(' ');
        File.Delete(file);

        Assert.Equal("True", answer[0]);
        // The label is LZW and becomes a PNG; the others are handed on, decoded by the same libjpeg.
        Assert.Equal("0.0", answer[1]);
    }

    [Fact]
    public async Task The_table_of_colours_is_what_the_profile_makes_of_them()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, TestProfile.Exchanged, (300, 200)));

        using var picture = NetVips.Image.NewFromBuffer(await _host.BytesAsync($"/slides/{id}/colors"));

        Assert.Equal((ColorTable.Steps * ColorTable.Steps, ColorTable.Steps), (picture.Width, picture.Height));
        var (table, asScanned) = (picture.WriteToMemory<byte>(), ColorTable.AsScanned.ToArray());
        Assert.Equal(asScanned.Length, table.Length);
        for (var at = 0; at < table.Length; at += 3)
        {
            Assert.InRange(Math.Abs(table[at] - asScanned[at + 2]), 0, 2);
            Assert.InRange(Math.Abs(table[at + 1] - asScanned[at + 1]), 0, 2);
            Assert.InRange(Math.Abs(table[at + 2] - asScanned[at]), 0, 2);
        }
    }

    [Fact]
    public async Task Another_program_makes_the_same_of_a_profile()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-profile-").FullName;
        var (profile, scanned, ours) = (Path.Join(folder, "dark.icc"), Path.Join(folder, "scanned.rgb"), Path.Join(folder, "ours.png"));
        await File.WriteAllBytesAsync(profile, TestProfile.Dark, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(scanned, ColorTable.AsScanned, TestContext.Current.CancellationToken);
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, TestProfile.Dark, (300, 200)));
        await File.WriteAllBytesAsync(ours, await _host.BytesAsync($"/slides/{id}/colors"), TestContext.Current.CancellationToken);

        const string Script = """
            import sys, numpy
            from PIL import Image, ImageCms
            scanned = Image.frombytes('RGB', (1089, 33), open(sys.argv[2], 'rb').read())
            theirs = ImageCms.profileToProfile(scanned, sys.argv[1], ImageCms.createProfile('sRGB'), renderingIntent=0)
            difference = numpy.abs(numpy.asarray(Image.open(sys.argv[3]).convert('RGB'), dtype=int) - numpy.asarray(theirs, dtype=int))
            print(difference.max(), numpy.abs(numpy.asarray(scanned, dtype=int) - numpy.asarray(theirs, dtype=int)).max())
            """;
        var answer = (await Python.RunAsync("numpy, PIL.ImageCms", Script, profile, scanned, ours)).Split(' ');
        Directory.Delete(folder, recursive: true);

        Assert.InRange(int.Parse(answer[0], System.Globalization.CultureInfo.InvariantCulture), 0, 2);
        Assert.InRange(int.Parse(answer[1], System.Globalization.CultureInfo.InvariantCulture), 20, 255); // and there is something to be made
    }

    [Theory]
    [InlineData(36, "none")] // no "acsp"
    [InlineData(16, "not one of RGB")]
    [InlineData(67, "no rendering intent")]
    [InlineData(200, "cannot be used")] // a tag of its table lies elsewhere
    public async Task A_profile_that_is_none_is_told_and_the_tiles_are_given(int at, string expected)
    {
        var profile = TestProfile.Dark.ToArray();
        profile.AsSpan(at, at == 200 ? 12 : 1).Fill(0xEE);
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, profile, (300, 200)));

        var (status, sentence) = await _host.ProblemAsync($"/slides/{id}/colors");

        Assert.Equal(422, status);
        Assert.Contains(expected, sentence, StringComparison.Ordinal);
        Assert.NotEmpty(await _host.BytesAsync($"/slides/{id}/tiles/0/0/0"));
    }

    [Fact]
    public async Task What_there_is_not_is_told_in_a_sentence()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (300, 200)));

        Assert.Equal((404, "There is no such slide."), await _host.ProblemAsync($"/slides/{Guid.NewGuid():N}/view"));
        Assert.Equal((404, "There is no such slide."), await _host.ProblemAsync("/slides/..%2f..%2fetc/view"));
        Assert.Equal((404, "The slide has no level 1."), await _host.ProblemAsync($"/slides/{id}/tiles/1/0/0"));
        Assert.Equal((404, "Level 0 of the slide has no tile in column 3, row 0."), await _host.ProblemAsync($"/slides/{id}/tiles/0/3/0"));
        Assert.Equal((404, "The slide has no such picture."), await _host.ProblemAsync($"/slides/{id}/pictures/label"));
        Assert.Equal((404, "The slide has no colour profile."), await _host.ProblemAsync($"/slides/{id}/icc"));
        Assert.Equal((404, "The slide has no colour profile."), await _host.ProblemAsync($"/slides/{id}/colors"));
        Assert.Equal(404, (await _host.ProblemAsync($"/slides/{id}/tiles/-1/0/0")).Status);
        Assert.Equal(404, (await _host.ProblemAsync($"/slides/{id}/tiles/99999999999/0/0")).Status);
        Assert.Equal((404, "The slide's file is no longer where it was stored."), await _host.ProblemAsync($"/slides/{_host.Add(new SlideFile(_host.Store, "gone.svs"))}/view"));
    }

    [Fact]
    public async Task A_store_that_is_away_is_told_from_a_slide_that_is_damaged()
    {
        var away = _host.Add(new SlideFile(new AwayStore(), "a.svs"));
        var damaged = _host.Add("b.svs", path => File.WriteAllText(path, "no slide at all"));

        var (status, sentence) = await _host.ProblemAsync($"/slides/{away}/view");
        Assert.Equal(503, status);
        Assert.DoesNotContain("secret-server", sentence, StringComparison.Ordinal);
        Assert.Equal((422, "The slide cannot be shown. Not a TIFF file (byte 0)."), await _host.ProblemAsync($"/slides/{damaged}/view"));
    }

    [Fact]
    public async Task A_slide_that_is_replaced_is_another_version()
    {
        var id = _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (300, 200)));
        var first = (await _host.JsonAsync($"/slides/{id}/view")).GetProperty("version").GetString();
        var other = _host.Add("b.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (300, 201)));

        Assert.NotEqual(first, (await _host.JsonAsync($"/slides/{other}/view")).GetProperty("version").GetString());
    }

    [Fact]
    public async Task A_slide_is_opened_once_however_many_ask()
    {
        var opened = 0;
        var store = new CountingStore(_host.Store, () => Interlocked.Increment(ref opened));
        _host.Add("a.svs", path => WrittenSvs.Write(path, TiffCompression.Jpeg, (900, 700)));
        var id = _host.Add(new SlideFile(store, "a.svs"));

        await Parallel.ForAsync(0, 30, TestContext.Current.CancellationToken, async (i, _) => await _host.BytesAsync($"/slides/{id}/tiles/0/{i % 7}/{i % 5}"));

        Assert.Equal(1, opened);
    }

    [Fact]
    public async Task A_slide_of_which_any_byte_of_its_directories_was_changed_is_never_the_servers_failure()
    {
        var folder = Directory.CreateTempSubdirectory("slideport-mutated-").FullName;
        WrittenSvs.Write(Path.Join(folder, "whole.svs"), TiffCompression.Jpeg2000Rgb, TestProfile.Dark, (200, 150));
        var whole = await File.ReadAllBytesAsync(Path.Join(folder, "whole.svs"), TestContext.Current.CancellationToken);
        Directory.Delete(folder, recursive: true);
        var random = new Random(7);
        for (var round = 0; round < 150; round++)
        {
            var bytes = whole.ToArray();
            var name = $"{round}.svs";
            if (round % 10 == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            else
                for (var i = 0; i < 3; i++)
                    bytes[random.Next(2) == 0 ? random.Next(bytes.Length) : bytes.Length - 1 - random.Next(1500)] = (byte)random.Next(256);
            var id = _host.Add(name, path => File.WriteAllBytes(path, bytes));
            foreach (var part in (string[])["view", "tiles/0/0/0", "tiles/0/1/1", "pictures/thumbnail", "deepzoom_files/7/0_0.jpg", "icc", "colors"])
                Assert.InRange((await _host.ProblemAsync($"/slides/{id}/{part}")).Status, 200, 499);
        }
    }

    private sealed class AwayStore : StandInStore
    {
        public override IAsyncEnumerable<StoredEntry> ListAsync(string folder, CancellationToken cancellationToken) => throw Away;

        public override ValueTask<StoredFile> OpenAsync(string name, CancellationToken cancellationToken) => throw Away;

        private static ImageStoreException Away => new(ImageStoreFailure.Offline, "smb://secret-server is away.");
    }

    private sealed class CountingStore(IImageStore store, Action opened) : StandInStore
    {
        public override IAsyncEnumerable<StoredEntry> ListAsync(string folder, CancellationToken cancellationToken) => store.ListAsync(folder, cancellationToken);

        public override ValueTask<StoredFile> OpenAsync(string name, CancellationToken cancellationToken)
        {
            opened();
            return store.OpenAsync(name, cancellationToken);
        }
    }
}
