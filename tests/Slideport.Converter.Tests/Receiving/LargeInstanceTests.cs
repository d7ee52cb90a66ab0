using Slideport.Converter.Spool;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Files;
using Slideport.Slides.Tests.DicomWsi;

namespace Slideport.Converter.Tests.Receiving;

/// <summary>An instance of 6 GiB from the wire into the image store: a counter of 32 bits anywhere on the way would show.</summary>
public sealed class LargeInstanceTests
{
    private const uint FragmentBytes = 3u << 29; // 1.5 GiB

    [Fact]
    public async Task Six_GiB_arrive_byte_for_byte()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("SLIDEPORT_LONG") == "1", "takes minutes and 12 GiB of disk: SLIDEPORT_LONG=1");
        await using var host = await ConverterHost.StartAsync(new ConverterOptions { Format = OutputFormat.Dicom });
        var path = Write(host.At("large.dcm"));

        Assert.Empty((await host.SendAndCommitAsync([path])).Failed);
        while (host.Records() is not [{ State: SlideState.Verified }])
        {
            host.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(Hash(path), Hash(Path.Join(host.Images, Assert.Single(host.Delivered()))));
    }

    // Four tiles, each a fragment with holes in the file but for its first bytes.
    private static string Write(string path)
    {
        var made = new TestInstance(64, 16).With(Tags.NumberOfFrames, "4");
        var syntax = TransferSyntax.JpegBaseline8Bit;
        byte[] start =
        [
            .. Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, made.Uid, syntax.Uid),
            .. made.Set.ToBytes(syntax),
            0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
            0xFE, 0xFF, 0x00, 0xE0, 0, 0, 0, 0,
        ];
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, start, 0);
        var at = (long)start.Length;
        for (var i = 0; i < 4; i++, at += 8 + FragmentBytes)
            RandomAccess.Write(file, [0xFE, 0xFF, 0x00, 0xE0, .. BitConverter.GetBytes(FragmentBytes), (byte)i, 1, 2, 3], at);
        RandomAccess.Write(file, [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0], at);
        return path;
    }

    private static string Hash(string path)
    {
        using var file = Part10File.Open(path);
        Assert.True(RandomAccess.GetLength(file.Handle) > 6L << 30);
        return FileHash.Sha256(file.Handle, file.DataSetOffset, TestContext.Current.CancellationToken);
    }
}
