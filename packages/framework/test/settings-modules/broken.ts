throw new RangeError('the module itself is broken');
