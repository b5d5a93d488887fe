throw new Error('planted: broken at import');
