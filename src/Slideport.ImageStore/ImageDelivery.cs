namespace Slideport.ImageStore;

/// <summary>One delivery into the image file system: a hidden part that becomes visible as a whole, once.</summary>
public abstract class ImageDelivery
{
    /// <summary>A local path for the contents: the caller creates a file there, or a folder of files, and writes it. On a share they go there with <see cref="FlushAsync"/>, or ahead of it.</summary>
    public abstract string PartPath { get; }

    /// <summary>Tells that what a file holds now will not change any more, but for its first 4096 bytes: a store that is far away takes it already.</summary>
    /// <param name="file">Its name in the folder; empty where the part is a file itself.</param>
    /// <remarks>Returns at once; what goes wrong is told by <see cref="FlushAsync"/>.</remarks>
    public virtual void SendAhead(string file)
    {
    }

    /// <summary>Tells that the contents were written anew: what went ahead is not what they are.</summary>
    public virtual void BeginAnew()
    {
    }

    /// <summary>Returns once everything under <see cref="PartPath"/> is on the store's stable storage.</summary>
    public abstract ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Reads the part back as the store holds it.</summary>
    public abstract ValueTask<StoredOutput> ReadBackAsync(CancellationToken cancellationToken);

    /// <summary>Gives the part its final name, never replacing.</summary>
    /// <param name="name">Components of <c>StorePath</c> parted by <c>/</c>; folders are made as needed.</param>
    /// <param name="cancellationToken">Cancels before the rename.</param>
    /// <returns>False when the name is taken; the part is untouched.</returns>
    public abstract ValueTask<bool> TryPublishAsync(string name, CancellationToken cancellationToken);

    /// <summary>Removes the part, if there is one.</summary>
    public abstract ValueTask RemoveAsync(CancellationToken cancellationToken);
}
