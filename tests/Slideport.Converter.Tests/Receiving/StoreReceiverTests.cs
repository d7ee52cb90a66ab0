using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Slideport.Converter.Receiving;
using Slideport.Converter.Spool;
using Slideport.Dicom;
using Slideport.Dicom.DataSets;
using Slideport.Dicom.Dictionary;
using Slideport.Dicom.Part10;
using Slideport.Dicom.Services;
using Slideport.Dicom.UpperLayer;

namespace Slideport.Converter.Tests.Receiving;

/// <summary>C-STORE over a real connection into a real spool.</summary>
public sealed class StoreReceiverTests : IAsyncLifetime
{
    private readonly SpoolFixture _spool = new();
    private StoreReceiver _receiver = null!;
    private AssociationListener _listener = null!;

    public ValueTask InitializeAsync()
    {
        Listen(new ConverterOptions { SpoolReserveBytes = 0 });
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _spool.Dispose();
    }

    private int Port => _listener.LocalEndPoint.Port;

    private string Files => Path.Join(_spool.Root, "files");

    [Fact]
    public async Task What_is_acknowledged_lies_in_the_spool_byte_for_byte()
    {
        var files = TestSlide.Write(Files);

        var outcomes = await TestPeer.SendAsync(Port, files);

        Assert.All(outcomes, o => Assert.Equal(DimseStatus.Success, o.Status));
        var slide = Assert.Single(_spool.Spool.Slides);
        Assert.Equal(files.Count, slide.Count);
        foreach (var path in files)
        {
            using var sent = Part10File.Open(path);
            var receipt = slide.Find(sent.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID)!)!;
            using var kept = Part10File.Open(slide.PathOf(receipt));
            Assert.True(DataSetBytes(sent).AsSpan().SequenceEqual(DataSetBytes(kept)));
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(DataSetBytes(sent))), receipt.Sha256);
            Assert.Equal(sent.TransferSyntax.Uid, kept.TransferSyntax.Uid);
            Assert.Equal("SCANNER", kept.FileMeta.GetString(Tags.SourceApplicationEntityTitle));
        }

        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
    }

    [Fact]
    public async Task The_preamble_is_ours_whatever_the_sender_had()
    {
        var path = TestSlide.Write(Files)[0];
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.Write(file, "MZ this would be an executable"u8, 0);

        await TestPeer.SendAsync(Port, [path]);

        Assert.All(File.ReadAllBytes(Directory.GetFiles(_spool.Folder.Ready, "*.dcm", SearchOption.AllDirectories).Single())[..128], b => Assert.Equal(0, b));
    }

    [Fact]
    public async Task The_same_instance_again_succeeds_and_other_bytes_under_its_UID_are_0111()
    {
        var path = TestSlide.Write(Files)[0];
        var other = WithComment(path, "changed");

        var outcomes = await TestPeer.SendAsync(Port, [path, path, other, other, path]);

        Assert.Equal<ushort>([0x0000, 0x0000, 0x0111, 0x0111, 0x0000], outcomes.Select(o => o.Status.Code));
        var slide = Assert.Single(_spool.Spool.Slides);
        Assert.Equal((1, SlideState.Conflict), (slide.Count, slide.Record!.State));
        Assert.Single(slide.Record.Conflicts);
    }

    [Fact]
    public async Task Scanners_that_send_the_same_UID_do_not_disturb_each_other()
    {
        var path = TestSlide.Write(Files)[0];

        await TestPeer.SendAsync(Port, [path], "ONE");
        var second = await TestPeer.SendAsync(Port, [WithComment(path, "of the other scanner")], "TWO");

        Assert.Equal(DimseStatus.Success, Assert.Single(second).Status);
        Assert.Equal(2, _spool.Spool.Slides.Count());
    }

    [Theory]
    [InlineData(nameof(Tags.SOPInstanceUID), "1.2.3.999", 0xA900)]
    [InlineData(nameof(Tags.SOPClassUID), "1.2.840.10008.5.1.4.1.1.7", 0xA900)]
    [InlineData(nameof(Tags.SeriesInstanceUID), "", 0xA900)]
    [InlineData(nameof(Tags.StudyInstanceUID), "../../etc", 0xA900)]
    public async Task A_data_set_that_is_not_what_the_command_says_is_A900_and_quarantined(string keyword, string value, int status)
    {
        var path = Changed(TestSlide.Write(Files)[^1], set => set.Set(DicomDictionary.FindKeyword(keyword)!.Value.Tag, value));

        var outcome = Assert.Single(await TestPeer.SendAsync(Port, [path]));

        Assert.Equal(status, outcome.Status.Code);
        AssertNothingStored();
        Assert.Single(Directory.GetFiles(_spool.Folder.Quarantine, "*.reason.txt"));
    }

    [Fact]
    public async Task A_data_set_cut_short_is_C000_and_the_association_goes_on()
    {
        var files = TestSlide.Write(Files);
        var cut = Path.Join(Files, "cut.dcm");
        File.WriteAllBytes(cut, File.ReadAllBytes(files[0])[..^2000]);

        await using var association = await TestPeer.ConnectAsync(Port);
        var refused = await association.StoreAsync(cut);
        var next = await association.StoreAsync(files[1]);

        Assert.Equal(DimseStatus.CannotUnderstand, refused.Status);
        Assert.Equal(DimseStatus.Success, next.Status);
    }

    [Fact]
    public async Task A_data_set_without_pixels_is_A900()
    {
        var path = Changed(TestSlide.Write(Files)[^1], _ => { }, withPixels: false);

        Assert.Equal(DimseStatus.DataSetDoesNotMatchSopClass, Assert.Single(await TestPeer.SendAsync(Port, [path])).Status);
        AssertNothingStored();
    }

    [Fact]
    public async Task An_instance_over_the_limit_is_A700_and_leaves_nothing()
    {
        await _listener.DisposeAsync();
        Listen(new ConverterOptions { SpoolReserveBytes = 0, MaxInstanceBytes = 10_000 });

        Assert.Equal(DimseStatus.OutOfResources, (await TestPeer.SendAsync(Port, TestSlide.Write(Files)))[0].Status);
        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
    }

    [Fact]
    public async Task Below_the_reserve_instances_are_refused_before_their_data()
    {
        await _listener.DisposeAsync();
        Listen(new ConverterOptions { SpoolReserveBytes = long.MaxValue });

        var outcome = Assert.Single(await TestPeer.SendAsync(Port, [TestSlide.Write(Files)[0]]));

        Assert.Equal(DimseStatus.OutOfResources, outcome.Status);
        AssertNothingStored();
    }

    [Fact]
    public async Task Associations_at_once_store_one_copy()
    {
        var path = TestSlide.Write(Files)[0];

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => TestPeer.SendAsync(Port, [path]))));

        Assert.All(outcomes, o => Assert.Equal(DimseStatus.Success, Assert.Single(o).Status));
        Assert.Equal(1, Assert.Single(_spool.Spool.Slides).Count);
    }

    [Fact]
    public async Task A_broken_association_leaves_no_part_and_the_slide_without_a_finished_sender()
    {
        var files = TestSlide.Write(Files);
        await using (var association = await TestPeer.ConnectAsync(Port))
        {
            Assert.Equal(DimseStatus.Success, (await association.StoreAsync(files[0])).Status);
            Assert.Equal(1, Assert.Single(_spool.Spool.Slides).OpenAssociations);
            await association.AbortAsync();
        }

        var slide = await SenderLeftAsync();
        Assert.False(slide.Record!.SenderFinished);

        await TestPeer.SendAsync(Port, files);
        slide = await SenderLeftAsync();
        Assert.True(SlideRecord.TryRead(slide.RecordPath)!.SenderFinished);
    }

    private async Task<SpooledSlide> SenderLeftAsync()
    {
        var slide = Assert.Single(_spool.Spool.Slides);
        while (slide.OpenAssociations > 0)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        await slide.Gate.WaitAsync(TestContext.Current.CancellationToken);
        slide.Gate.Release();
        return slide;
    }

    private void Listen(ConverterOptions options)
    {
        _receiver = new StoreReceiver(_spool.Spool, _spool.Scanners(options), options, _spool.Time, NullLogger.Instance);
        _listener = new AssociationListener(new ListenerOptions { Port = 0 }, new DicomServices { Store = _receiver });
        _listener.Start();
    }

    private void AssertNothingStored()
    {
        Assert.Empty(Directory.GetFiles(_spool.Folder.Ready, "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(_spool.Folder.In));
    }

    private string WithComment(string path, string comment) => Changed(path, set => set.Set(Tags.ImageComments, comment));

    // Another data set under the same command, in front of the same pixels.
    private string Changed(string path, Action<DicomDataSet> change, bool withPixels = true)
    {
        const int ElementHeaderBytes = 12; // tag, OB or OW, reserved, 32-bit length
        using var file = Part10File.Open(path);
        change(file.DataSet);
        var target = Path.Join(Files, $"{Guid.NewGuid():n}.dcm");
        var pixels = file.ReadBytes(new FileRange(file.PixelData!.Offset - ElementHeaderBytes, file.PixelData.Length + ElementHeaderBytes));
        File.WriteAllBytes(target,
        [
            .. Part10File.BuildHeader(Uids.VLWholeSlideMicroscopyImageStorage, file.FileMeta.GetString(Tags.MediaStorageSOPInstanceUID)!, file.TransferSyntax.Uid),
            .. file.DataSet.ToBytes(file.TransferSyntax),
            .. withPixels ? pixels : [],
        ]);
        return target;
    }

    private static byte[] DataSetBytes(Part10File file) =>
        file.ReadBytes(new FileRange(file.DataSetOffset, RandomAccess.GetLength(file.Handle) - file.DataSetOffset));
}
