using System.Net;
using System.Text;
using System.Text.Json;
using Slideport.Protocol;
using Slideport.Protocol.ImageMetadata;
using Slideport.Scanner.Sam;

namespace Slideport.Scanner.Tests.Sam;

public sealed class UntoldImagesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("slideport-untold-").FullName;
    private readonly UntoldImages _images;

    public UntoldImagesTests() => _images = new UntoldImages(Folder);

    private string Folder => Path.Join(_root, "untold");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void What_is_kept_is_found_by_the_next_run_as_it_was_until_SAM_has_taken_it()
    {
        _images.Keep(Image("1.2.3"));
        _images.Keep(Image("1.2.4"));

        var next = new UntoldImages(Folder);
        var found = next.Files().Select(next.Read).OrderBy(image => image!.ImageId).ToArray();
        next.Forget(Image("1.2.3"));

        Assert.Equal([Text(Image("1.2.3")), Text(Image("1.2.4"))], found.Select(image => Text(image!)));
        Assert.Equal("1.2.4", next.Read(Assert.Single(next.Files()))!.ImageId);
        Assert.Empty(next.Problems);
    }

    [Fact]
    public void It_is_nobody_elses_business()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows inherits.");
        _images.Keep(Image("1.2.3"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(_images.Files())));
    }

    [Fact]
    public void Text_of_a_slide_is_no_path()
    {
        _images.Keep(Image("../../outside"));

        Assert.Equal([Folder], Directory.GetFileSystemEntries(_root));
        Assert.Matches("^[0-9a-f]{64}[.]json$", Path.GetFileName(Assert.Single(_images.Files())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("\0\0\0\0")]
    [InlineData("cut short")]
    [InlineData("of another")]
    [InlineData("with an id that is none")]
    [InlineData("too long")]
    public void A_file_that_says_nothing_is_set_aside_and_told(string contents)
    {
        _images.Keep(Image("1.2.3"));
        var file = Assert.Single(_images.Files());
        var text = contents switch
        {
            "cut short" => Text(Image("1.2.3"))[..^20],
            "of another" => Text(Image("1.2.4")),
            "with an id that is none" => Text(Image("")),
            "too long" => Text(Image("1.2.3")) + new string(' ', 1 << 20),
            _ => contents,
        };
        File.WriteAllText(file, text);

        Assert.Null(_images.Read(file));

        Assert.Empty(_images.Files());
        Assert.Equal(text, File.ReadAllText(file + ".bad"));
        Assert.EndsWith($"It was set aside as '{file}.bad'.", Assert.Single(_images.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void What_SAM_does_not_take_is_set_aside_beside_what_was_before()
    {
        for (var i = 0; i < 3; i++)
        {
            _images.Keep(Image("1.2.3"));
            _images.Refuse(Image("1.2.3"), new SamException(HttpStatusCode.Conflict, "Another image has this id.", []));
        }

        Assert.Empty(_images.Files());
        Assert.Equal([".bad", ".bad-2", ".bad-3"], Directory.GetFiles(Folder).Select(Path.GetExtension).Order());
        Assert.StartsWith("SAM does not take the metadata of image 1.2.3: Another image has this id. It was set aside as '", _images.Problems[0], StringComparison.Ordinal);
    }

    // Another process of this scanner has told SAM of it meanwhile.
    [Fact]
    public void A_file_that_vanishes_is_no_problem()
    {
        _images.Keep(Image("1.2.3"));
        var file = Assert.Single(_images.Files());
        File.Delete(file);

        Assert.Null(_images.Read(file));
        _images.Forget(Image("1.2.3"));
        _images.Refuse(Image("1.2.3"), new SamException(HttpStatusCode.Conflict, "Another image has this id.", []));
        Directory.Delete(Folder);
        Assert.Null(_images.Read(file));
        _images.Forget(Image("1.2.3"));

        Assert.Empty(_images.Files());
        Assert.Empty(_images.Problems);
    }

    [Fact]
    public void A_disk_that_takes_nothing_stops_nothing_and_is_told_once()
    {
        File.WriteAllText(Folder, "no folder");

        _images.Keep(Image("1.2.3"));
        _images.Keep(Image("1.2.3"));

        Assert.StartsWith($"What SAM is to know of image 1.2.3 cannot be kept in '{Folder}'", Assert.Single(_images.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_identity_is_kept_nowhere_nothing_is()
    {
        var nowhere = new UntoldImages(null);

        nowhere.Keep(Image("1.2.3"));
        nowhere.Forget(Image("1.2.3"));
        nowhere.Refuse(Image("1.2.3"), new SamException(HttpStatusCode.Conflict, "Another image has this id.", []));

        Assert.Empty(nowhere.Files());
        Assert.Empty(nowhere.Problems);
    }

    private static string Text(ImageMetadata image) => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(image, ProtocolJson.Options));

    private static ImageMetadata Image(string id) => new()
    {
        ImageId = id,
        SeriesInstanceUid = "1.2.3",
        Barcode = "S26-1 <µ>",
        ScanTime = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1),
        Instances = [new ImageInstance("1.2.3.1", new string('a', 64), 1000)],
    };
}
